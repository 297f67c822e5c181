// Tells the Inspector what was said between the page and its frames, in batches
// and off the way of what is said.
import {ask} from './ask.js';

/**
 * @typedef {{
 *   at: number, extension: string, frame: string, surface: string,
 *   type: 'command' | 'listener' | 'track' | 'event' | 'note',
 *   name: string, payload?: unknown, reply?: unknown, error?: string, ms?: number,
 * }} Entry at is in milliseconds since 1970; command, listener and track come from the app
 */

const every = 400; // ms
const most = 200; // entries that wait; what is beyond is counted and not kept

/** @type {Entry[]} */
let waiting = [];
let dropped = 0;
let timer = 0;

/** @param {Entry} entry */
export function note(entry) {
  document.dispatchEvent(new CustomEvent('dw:sdk', {detail: entry}));
  if (waiting.length >= most) {
    dropped += 1;
    return;
  }
  waiting.push(entry);
  timer ||= setTimeout(() => { void send(); }, every);
}

async function send() {
  timer = 0;
  const body = {entries: waiting, dropped};
  waiting = [];
  dropped = 0;
  try {
    await ask('/_dockwright/surfaces/log', body);
  } catch (err) {
    console.info('messages of apps not noted', err);
  }
}
