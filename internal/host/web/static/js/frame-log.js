// Tells the Inspector what was said between the page and its frames, in reports
// and off the way of what is said. Who wants to see it in this page listens to
// dw:sdk.
import {ask} from './ask.js';

/**
 * @typedef {{
 *   at: number, extension: string, frame: string, surface: string, view: string, app: string,
 *   type: 'command' | 'listener' | 'track' | 'event' | 'note',
 *   name: string, payload?: unknown, reply?: unknown, error?: string, ms?: number, byHand?: boolean,
 * }} Entry at is in milliseconds since 1970; command, listener and track come from the app; byHand: from the SDK console
 *
 * @typedef {ReturnType<typeof report>} Report
 */

const every = 400; // ms
// The host takes no more: internal/host/web/surface_log.go.
const mostEntries = 200; // that wait; what is beyond is counted and not kept
const mostText = 16_000; // characters of a payload or a reply
const mostName = 100; // characters
const atOnce = 100_000; // characters of payloads and replies in a report

/** @type {Report[]} */
let waiting = [];
let dropped = 0;
let timer = 0;

/** @param {Entry} entry */
export function note(entry) {
  document.dispatchEvent(new CustomEvent('dw:sdk', {detail: entry}));
  if (!entry.extension) return; // the host named no extension: there is nobody to show it for
  if (waiting.length >= mostEntries) {
    dropped += 1;
    return;
  }
  waiting.push(report(entry));
  timer ||= setTimeout(() => { void send(); }, every);
}

/**
 * An entry as the host takes it: texts instead of values, and no longer than it
 * keeps.
 * @param {Entry} entry
 */
function report(entry) {
  const payload = jsonText(entry.payload);
  const reply = jsonText(entry.reply);
  return {
    at: entry.at, extension: entry.extension, frame: entry.frame, view: entry.view, type: entry.type,
    name: entry.name.slice(0, mostName) || '(no name)',
    payload: payload.slice(0, mostText), payload_size: payload.length,
    reply: reply.slice(0, mostText), reply_size: reply.length,
    error: (entry.error ?? '').slice(0, mostText), by_hand: entry.byHand ?? false, ms: entry.ms ?? 0,
  };
}

/**
 * A value as JSON; what JSON cannot say is named.
 * @param {unknown} value
 * @returns {string}
 */
export function jsonText(value) {
  if (value === undefined) return '';
  try {
    return JSON.stringify(value) ?? `(${typeof value})`;
  } catch {
    return `(${typeof value} that is not JSON)`;
  }
}

/** @param {boolean} [leaving] the page goes away */
async function send(leaving = false) {
  clearTimeout(timer);
  timer = 0;
  if (!waiting.length && !dropped) return;
  const body = {now: Date.now(), entries: take(), dropped};
  dropped = 0;
  if (waiting.length) timer = setTimeout(() => { void send(); });
  try {
    await ask('/_dockwright/surfaces/log', body, {keepalive: leaving});
  } catch (err) {
    console.info('messages of apps not noted', err);
  }
}

/** What fits into one report. */
function take() {
  let size = 0;
  let n = 0;
  for (const r of waiting) {
    size += r.payload.length + r.reply.length + r.error.length;
    if (n > 0 && size > atOnce) break;
    n += 1;
  }
  return waiting.splice(0, n);
}

addEventListener('pagehide', () => { void send(true); });
