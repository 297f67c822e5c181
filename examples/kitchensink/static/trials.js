// What a host must survive. Each trial goes past the SDK where that would stop it,
// and answers with what came back.
import { execute, frameID, newSDK, pause } from './sdk.js';

/** @typedef {import('./sdk.js').SDK} SDK */

/**
 * Posts to the CRM's window as the SDK does.
 * @param {unknown} message
 * @param {Transferable[]} [ports]
 */
function post(message, ports = []) {
  window.parent.postMessage(message, '*', ports);
}

/**
 * Posts with a port and gathers what comes back on it.
 * @param {unknown} message
 * @param {number} [wait]  in milliseconds
 * @returns {Promise<unknown[]>}
 */
async function ask(message, wait = 400) {
  const { port1, port2 } = new MessageChannel();
  /** @type {unknown[]} */
  const answers = [];
  port1.onmessage = (event) => answers.push(event.data);
  post(message, [port2]);
  await pause(wait);
  port1.close();
  return answers;
}

/**
 * A command's message.
 * @param {unknown} command
 * @param {unknown} [args]
 * @param {unknown} [id]
 */
function message(command, args, id = frameID) {
  return { payload: { command, args, type: 'command' }, id };
}

/**
 * Executes past the SDK's guard and says how it ended: {data}, {error}, or null
 * for silence of three seconds.
 * @param {unknown} command
 * @param {unknown} [args]
 */
function raw(command, args) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((done) => {
    const timer = setTimeout(() => finish(null), 3000);
    /** @param {unknown} answer */
    const finish = (answer) => {
      clearTimeout(timer);
      port1.close();
      done(answer);
    };
    port1.onmessage = (event) => finish(event.data);
    post(message(command, args), [port2]);
  });
}

/**
 * What an attempt throws, or that it passed.
 * @param {() => unknown} attempt
 */
function tryOut(attempt) {
  try {
    const got = attempt();
    return got === undefined || got === null ? 'passed' : `passed: ${String(got).slice(0, 80)}`;
  } catch (fault) {
    return fault instanceof Error ? `${fault.name}: ${fault.message}` : String(fault);
  }
}

/**
 * Loads this page again with other parameters beside the CRM's.
 * @param {Record<string, string>} parameters
 */
function again(parameters) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(parameters)) query.set(name, value);
  location.search = query.toString();
}

/** @type {Record<string, (args: any, sdk: SDK | undefined) => unknown>} */
export const trials = {
  async garbage() {
    const messages = [
      null, 7, 'a text', [], {}, { id: frameID }, { id: frameID, payload: null }, { id: frameID, payload: 'text' }, { id: frameID, payload: [] },
      { id: frameID, payload: { type: 'nonsense' } }, { id: { toString: 'x' }, payload: { type: 'command', command: 'get_metadata' } },
      { id: frameID, payload: { type: { a: 1 }, command: ['get_metadata'] } },
    ];
    for (const m of messages) post(m);
    post(message('get_metadata')); // a command without a port
    post({ id: frameID, payload: { type: 'listener', event: 'visibility' } });
    post({ id: frameID, payload: { type: 'track', event: { focused: true } } });
    const answers = await Promise.all(messages.map((m) => ask(m)));
    return { messages: 2 * messages.length + 3, answers: answers.flat() };
  },

  async 'wrong-id'(args) {
    return { answers: (await Promise.all([args?.id, '', null, undefined].map((id) => ask({ ...message('get_metadata'), id }, 1000)))).flat() };
  },

  async 'unknown-command'(args) {
    return Promise.all(args.map((/** @type {unknown} */ command) => raw(command)));
  },

  async 'unknown-event'(args) {
    const pushes = await Promise.all(args.map((/** @type {unknown} */ event) => ask({ payload: { type: 'listener', event }, id: frameID }, 1000)));
    return { pushes: pushes.flat() };
  },

  async malformed() {
    /** @type {[string, unknown][]} */
    const calls = [
      ['show_snackbar', undefined], ['show_snackbar', { message: 7 }], ['show_snackbar', { message: 'x', link: { label: 'no url' } }],
      ['show_confirmation', {}], ['show_confirmation', { title: 'x', okColor: 'purple' }],
      ['open_modal', undefined], ['open_modal', { type: 'PERSON' }], ['open_modal', { type: 'custom_modal' }],
      ['redirect_to', { view: 'CONTACTS' }], ['redirect_to', {}], ['redirect_to', { view: 'deals', id: 'first' }],
      ['set_focus_mode', { enabled: true }], ['set_notification', { number: 'many' }], ['set_notification', { number: -1 }], ['resize', 'large'],
    ];
    return Promise.all(calls.map(async ([command, args]) => ({ command, args, answer: await raw(command, args) })));
  },

  async 'unknown-action'(args) {
    return Promise.all(['custom_modal', 'json_modal'].map((type) => raw('open_modal', { type, ...args })));
  },

  async 'script-link'(args) {
    return Promise.all(args.map((/** @type {string} */ url) => raw('show_snackbar', { message: 'A link with a script', link: { url, label: 'Do not click' } })));
  },

  async sizes() {
    const before = [innerWidth, innerHeight];
    const sizes = [{ height: 1, width: 1 }, { height: 99999, width: 99999 }, { height: -300 }, { height: NaN }, { height: Infinity }, { height: '300' }, { height: 0, width: 0 }];
    const answers = [];
    for (const size of sizes) answers.push(await raw('resize', size));
    await pause(300);
    const after = [innerWidth, innerHeight];
    return { before, after, unchanged: String(before) === String(after), answers };
  },

  async huge(args) {
    return raw('show_snackbar', { message: 'x'.repeat((args?.megabytes ?? 5) * 1024 * 1024) });
  },

  uncloneable(_args, sdk) {
    if (!sdk) return 'there is no SDK';
    return new Promise((done) => {
      const said = (/** @type {unknown} */ fault) => done(fault instanceof Error ? fault.name : String(fault));
      try {
        execute(sdk, 'show_snackbar', { message: () => 'a function' }).then(() => done('resolved'), said);
      } catch (fault) {
        said(fault);
      }
    });
  },

  async flood(args) {
    const began = performance.now();
    const answers = await Promise.all(Array.from({ length: args?.commands ?? 1000 }, () => raw('get_metadata')));
    const count = (/** @type {(answer: any) => boolean} */ fits) => answers.filter(fits).length;
    return {
      data: count((a) => a?.data), errors: count((a) => a?.error), silence: count((a) => a === null),
      milliseconds: Math.round(performance.now() - began),
    };
  },

  async listeners(args) {
    const channels = Array.from({ length: args?.listeners ?? 500 }, () => new MessageChannel());
    let pushes = 0;
    for (const { port1, port2 } of channels) {
      port1.onmessage = () => { pushes += 1; };
      post({ payload: { type: 'listener', event: 'visibility' }, id: frameID }, [port2]);
    }
    await pause(500);
    for (const { port1 } of channels) port1.close();
    return { listeners: channels.length, pushes };
  },

  async top() {
    const top = /** @type {Window} */ (window.top);
    const location = tryOut(() => { top.location.href = new URL('/elsewhere', document.baseURI).href; });
    const opened = tryOut(() => window.open('/elsewhere', '_top'));
    await pause(500); // to be gone, if the browser let it
    return { location, opened };
  },

  reach() {
    return {
      document: tryOut(() => window.parent.document.title),
      storage: tryOut(() => window.parent.localStorage.length),
      frames: tryOut(() => window.parent.frames[0] === window ? 'itself' : window.parent.frames[0]?.document.title),
    };
  },

  async 'init-twice'(_args, sdk) {
    return Promise.all([newSDK(), sdk].map((one) => one?.initialize({}).then(() => 'answered', String)));
  },

  'init-never': () => again({ init: 'never' }),

  'init-late': (args) => again({ init: 'late', after: String(args?.after ?? 11000) }),

  elsewhere: () => location.assign(`/elsewhere${location.search}`),
};
