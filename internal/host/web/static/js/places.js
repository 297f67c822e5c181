// Remembers, per entry of the history, how far things were scrolled and what had
// the focus.

/** @typedef {{main: number, panes: Record<string, number>, focus: string}} Place */

/** @type {Map<string, Place>} */
const places = new Map();
const storageKey = 'dockwright_places';
let key = '';
let count = 0;

/** Takes the browser's own restoring off and reads what the last document knew. */
export function start() {
  history.scrollRestoration = 'manual';
  try {
    for (const [k, p] of JSON.parse(sessionStorage.getItem(storageKey) ?? '[]')) places.set(k, p);
  } catch {
    sessionStorage.removeItem(storageKey);
  }
  const again = history.state?.place;
  key = again ?? newKey();
  history.replaceState({...history.state, place: key}, '');
  const main = document.getElementById('main');
  if (main) settle(main, {});
  if (again) put(places.get(again) ?? null);
  addEventListener('pagehide', () => {
    leave();
    sessionStorage.setItem(storageKey, JSON.stringify([...places].slice(-60)));
  });
}

function newKey() {
  count += 1;
  return `${Date.now().toString(36)}-${count}`;
}

/** Notes the place that is being left. */
export function leave() {
  places.set(key, take());
}

/** Makes a new entry's state. */
export function enter() {
  key = newKey();
  return {place: key};
}

/**
 * Where the reader is now.
 * @returns {Place}
 */
export function take() {
  const main = document.getElementById('main');
  return {main: main?.scrollTop ?? 0, panes: main ? panes(main) : {}, focus: describe(document.activeElement)};
}

/**
 * The scroll positions of the elements that scroll by themselves.
 * @param {Element} within
 * @returns {Record<string, number>}
 */
export function panes(within) {
  /** @type {Record<string, number>} */
  const out = {};
  for (const e of within.querySelectorAll('[data-scroll][id]')) out[e.id] = e.scrollTop;
  return out;
}

/**
 * Gives a new <main> the positions of the panes it shares with the old one;
 * threads begin at their end.
 * @param {Element} within
 * @param {Record<string, number>} old
 */
export function settle(within, old) {
  for (const e of within.querySelectorAll('[data-scroll][id]')) e.scrollTop = old[e.id] ?? 0;
  for (const e of within.querySelectorAll('[data-stick]')) e.scrollTop = e.scrollHeight;
}

/**
 * Puts the reader back.
 * @param {Place | null} place
 */
export function put(place) {
  const main = document.getElementById('main');
  if (!place || !main) return;
  main.scrollTop = place.main;
  for (const [id, top] of Object.entries(place.panes)) {
    const pane = document.getElementById(id);
    if (pane) pane.scrollTop = top;
  }
  const focus = place.focus && document.querySelector(place.focus);
  if (focus instanceof HTMLElement) focus.focus({preventScroll: true});
}

/**
 * Goes to an entry of the history.
 * @param {{place?: string} | null} state
 */
export function restore(state) {
  if (!state?.place) return;
  key = state.place;
  put(places.get(key) ?? null);
}

/**
 * Begins a new page: at its hash or its top, with the focus on its heading, so
 * that the keyboard goes on from there.
 * @param {string} hash
 */
export function begin(hash) {
  const target = hash && document.getElementById(decodeURIComponent(hash.slice(1)));
  if (target) target.scrollIntoView();
  const main = document.getElementById('main');
  const first = main?.querySelector('[autofocus]') ?? main?.querySelector('h1') ?? main;
  if (!(first instanceof HTMLElement)) return;
  if (!first.hasAttribute('autofocus')) first.tabIndex = -1;
  first.focus({preventScroll: true});
}

/**
 * A selector that finds the element again, or "".
 * @param {Element | null} e
 */
function describe(e) {
  if (!e || e === document.body) return '';
  if (e.id) return `#${CSS.escape(e.id)}`;
  const href = e.getAttribute('href');
  return href ? `main a[href="${CSS.escape(href)}"]` : '';
}
