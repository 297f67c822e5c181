// What this page uses of the SDK, which is loaded before it as the global
// AppExtensionsSDK: the kit's own script, or a build of the official package.

/**
 * @typedef {object} SDK
 * @property {(options?: unknown) => Promise<unknown>} initialize
 * @property {(command: string, args?: unknown) => Promise<unknown>} execute
 * @property {(event: string, heard: (message: Push) => void) => () => void} listen
 * @property {{ theme?: string } | undefined} [userSettings]
 */

/**
 * What a listener gets.
 * @typedef {{ data?: Record<string, unknown>, error?: string }} Push
 */

/**
 * A new SDK. The error is thrown when the address says no id.
 * @returns {SDK}
 */
export function newSDK() {
  const found = /** @type {any} */ (globalThis).AppExtensionsSDK;
  if (!found) throw new Error('The script at /sdk.js defines no global AppExtensionsSDK.');
  return new (found.default ?? found)();
}

/**
 * Executes a command. The handshake is a method of its own.
 * @param {SDK} sdk
 * @param {string} command
 * @param {unknown} args
 */
export function execute(sdk, command, args) {
  if (command === 'initialize') return sdk.initialize(args).then(() => undefined);
  return args === undefined ? sdk.execute(command) : sdk.execute(command, args);
}

/** The id of this loading of the iframe, as the CRM gave it. */
export const frameID = new URLSearchParams(location.search).get('id') ?? '';

/**
 * Waits.
 * @param {number} milliseconds
 */
export function pause(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}
