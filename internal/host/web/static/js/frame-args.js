// Checks what apps send with their commands. The SDK checks nothing, so that
// whatever a page says arrives here.

/** A command that is not carried out; the app gets the text. */
export class Refused extends Error {}

/**
 * The arguments of a command, which may be left out.
 * @param {unknown} args
 * @returns {Record<string, unknown>}
 */
export function object(args) {
  if (args === undefined || args === null) return {};
  if (typeof args !== 'object' || Array.isArray(args)) throw new Refused(`expected an object of arguments, got ${show(args)}`);
  return /** @type {Record<string, unknown>} */ (args);
}

/**
 * A text that must be there.
 * @param {Record<string, unknown>} args
 * @param {string} name
 * @param {number} [most] characters
 * @returns {string}
 */
export function text(args, name, most = 1000) {
  const value = args[name];
  if (typeof value !== 'string' || value.trim() === '') throw new Refused(`${name}: expected a text, got ${show(value)}`);
  if (value.length > most) throw new Refused(`${name}: expected at most ${most} characters, got ${value.length}`);
  return value;
}

/**
 * A text that may be left out.
 * @param {Record<string, unknown>} args
 * @param {string} name
 * @param {number} [most] characters
 * @returns {string} "" when it was left out
 */
export function maybeText(args, name, most = 1000) {
  if (args[name] === undefined || args[name] === null || args[name] === '') return '';
  return text(args, name, most);
}

/**
 * One of several words.
 * @template {string} T
 * @param {Record<string, unknown>} args
 * @param {string} name
 * @param {readonly T[]} words
 * @param {T} [otherwise] when it is left out; without it, it must be there
 * @returns {T}
 */
export function word(args, name, words, otherwise) {
  const value = args[name];
  if ((value === undefined || value === null) && otherwise !== undefined) return otherwise;
  const found = words.find((w) => w === value);
  if (found === undefined) throw new Refused(`${name}: expected ${words.join(', ')}, got ${show(value)}`);
  return found;
}

/**
 * A number that may be left out.
 * @param {Record<string, unknown>} args
 * @param {string} name
 * @returns {number | undefined}
 */
export function maybeNumber(args, name) {
  const value = args[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Refused(`${name}: expected a number, got ${show(value)}`);
  return value;
}

/**
 * An object that may be left out, and that fits into an address.
 * @param {Record<string, unknown>} args
 * @param {string} name
 * @returns {Record<string, unknown> | undefined}
 */
export function maybeObject(args, name) {
  const value = args[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw new Refused(`${name}: expected an object, got ${show(value)}`);
  return /** @type {Record<string, unknown>} */ (value);
}

/**
 * An address that a person may be led to.
 * @param {Record<string, unknown>} args
 * @param {string} name
 * @returns {URL}
 */
export function address(args, name) {
  const value = text(args, name, 4000);
  let url;
  try {
    url = new URL(value, location.href);
  } catch {
    throw new Refused(`${name}: expected an address, got ${show(value)}`);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new Refused(`${name}: expected an address with https or http, got ${show(value)}`);
  return url;
}

/**
 * A value in an error, short.
 * @param {unknown} value
 * @returns {string}
 */
export function show(value) {
  if (value === undefined) return 'nothing';
  if (weigh(value, 10_000) > 10_000) return `a large ${typeof value}`;
  let said;
  try {
    said = JSON.stringify(value) ?? typeof value;
  } catch {
    said = typeof value;
  }
  return said.length > 60 ? said.slice(0, 57) + '…' : said;
}

const deepest = 100; // objects inside of each other

/**
 * About how many characters a value is in JSON, without writing it: apps send
 * megabytes, and buffers that are far longer in JSON than they are.
 * @param {unknown} value
 * @param {number} most where the weighing ends
 * @returns {number} more than most, when it is; Infinity for what is no tree
 */
export function weigh(value, most) {
  let weight = 0;
  /** @param {unknown} v @param {number} depth */
  const add = (v, depth) => {
    weight += 2;
    if (depth > deepest) weight = Infinity;
    if (weight > most) return;
    if (typeof v === 'string') weight += v.length;
    else if (typeof v !== 'object' || v === null) weight += 4;
    else if (ArrayBuffer.isView(v) || v instanceof ArrayBuffer) weight += v.byteLength;
    else if (Array.isArray(v)) {
      for (let i = 0; i < v.length && weight <= most; i++) add(v[i], depth + 1);
    } else {
      for (const name in v) {
        if (weight > most) return;
        weight += name.length + 2;
        add(/** @type {Record<string, unknown>} */ (v)[name], depth + 1);
      }
    }
  };
  add(value, 0);
  return weight;
}
