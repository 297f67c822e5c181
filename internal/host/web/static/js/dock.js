// The App Dock in the top bar: the server renders it, and renders it anew when an
// app comes, goes or is pinned. Here are what lives in the page only, badges and
// which icons have room, and the pins.
import {ask} from './ask.js';
import {toast} from './feedback.js';
import {Refused, maybeNumber, object, show} from './frame-args.js';
import {command} from './frames.js';
import {merge} from './merge.js';
import {fetchPage, root} from './page.js';

/**
 * An app with a floating window.
 * @typedef {{
 *   clientID: string, extension: string, name: string, title: string, calls: boolean, waiting: boolean,
 *   place: {x: number, y: number, width: number, height: number}, tile: () => Element,
 * }} App calls: phone numbers open it; waiting: the person has not authorised it; tile makes its icon
 */

/** What apps show at their icons, by client id. @type {Map<string, number>} */
const badges = new Map();
/** Apps whose window is shown. @type {Set<string>} */
const open = new Set();

/**
 * The apps of the dock that have a floating window, as the server has rendered
 * them last.
 * @returns {App[]}
 */
export function dockApps() {
  const rows = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('#dock-menu [data-extension]'));
  return [...rows].map((row) => {
    const d = row.dataset;
    return {
      clientID: d.app ?? '', extension: d.extension ?? '', name: d.name ?? '', title: d.title ?? '',
      calls: d.calls !== undefined, waiting: d.waiting !== undefined,
      place: {x: Number(d.x), y: Number(d.y), width: Number(d.width), height: Number(d.height)},
      tile: () => /** @type {Element} */ (row.querySelector('.app-tile')?.cloneNode(true) ?? document.createElement('span')),
    };
  });
}

/**
 * Marks the icons of an app whose window is shown.
 * @param {string} clientID
 * @param {boolean} shown
 */
export function markOpen(clientID, shown) {
  if (shown) open.add(clientID);
  else open.delete(clientID);
  dock()?.paint();
}

/** @returns {Dock | null} */
function dock() {
  return /** @type {Dock | null} */ (document.querySelector('dw-dock'));
}

/**
 * A number as a badge shows it.
 * spec: surface.dock.badge
 * @param {number} n
 * @param {number} most
 */
function capped(n, most) {
  return n > most ? `${most}+` : String(n);
}

const searchNeeds = [[720, 84], [1100, 180], [Infinity, 260]]; // width of the browser, room that the search field keeps

class Dock extends HTMLElement {
  #life = new AbortController();
  #watch = new ResizeObserver(() => { this.paint(); });

  connectedCallback() {
    this.#life = new AbortController();
    const {signal} = this.#life;
    this.addEventListener('click', (e) => {
      const pin = e.target instanceof Element ? e.target.closest('[data-pin]') : null;
      if (pin instanceof HTMLElement) void setPin(pin.dataset.pin ?? '', pin.getAttribute('aria-pressed') !== 'true');
    }, {signal});
    document.addEventListener('dw:merged', (e) => {
      if (/** @type {CustomEvent} */ (e).detail.root === this) this.#changed();
    }, {signal});
    const bar = this.closest('.topbar');
    if (bar) this.#watch.observe(bar);
    this.paint();
  }

  disconnectedCallback() {
    this.#life.abort();
    this.#watch.disconnect();
  }

  /** The server has rendered the dock anew. */
  #changed() {
    const there = new Set(dockApps().filter((a) => !a.waiting).map((a) => a.clientID));
    for (const id of badges.keys()) if (!there.has(id)) badges.delete(id);
    this.paint();
    document.dispatchEvent(new CustomEvent('dw:dock'));
  }

  /** Draws what lives in the page only. */
  paint() {
    const away = this.#fit();
    let rest = 0;
    for (const a of dockApps()) {
      const n = badges.get(a.clientID) ?? 0;
      const pinned = this.querySelector(`#dock-pin-${CSS.escape(a.clientID)} > button`);
      const row = this.querySelector(`#dock-row-${CSS.escape(a.clientID)} > button.menu-item`);
      const inBar = pinned !== null && !away.has(a.clientID);
      if (!inBar) rest += n;
      draw(pinned, n, 9);
      draw(row, inBar ? 0 : n, 99);
      for (const b of [pinned, row]) b?.setAttribute('aria-pressed', String(open.has(a.clientID)));
    }
    draw(this.querySelector('#dock-open'), rest, 9);
  }

  /**
   * Takes icons away from the left until the others have room.
   * @returns {Set<string>} whose icons are away
   */
  #fit() {
    const list = this.querySelector('.dock-pinned');
    const bar = this.closest('.topbar');
    const away = new Set();
    if (!(list instanceof HTMLElement) || !(bar instanceof HTMLElement)) return away;
    const items = /** @type {HTMLElement[]} */ ([...list.children]);
    for (const i of items) i.hidden = false;
    const style = getComputedStyle(bar);
    let room = bar.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - (searchNeeds.find(([upTo]) => innerWidth <= (upTo ?? 0))?.[1] ?? 0);
    for (const part of bar.children) {
      if (part.contains(this)) room -= part.scrollWidth - list.offsetWidth;
      else if (part.classList.contains('brand')) room -= /** @type {HTMLElement} */ (part).offsetWidth;
    }
    room -= (bar.children.length - 1) * parseFloat(style.columnGap || '0');
    const each = items[0]?.offsetWidth ?? 0;
    const fits = each ? Math.max(0, Math.floor(room / each)) : items.length;
    items.slice(0, Math.max(0, items.length - fits)).forEach((i) => {
      i.hidden = true;
      away.add(i.dataset.app ?? '');
    });
    return away;
  }
}
customElements.define('dw-dock', Dock);

/**
 * Draws the badge of a button and says it to those who do not see it.
 * @param {Element | null} button
 * @param {number} n
 * @param {number} most
 */
function draw(button, n, most) {
  const badge = button?.querySelector('.dock-badge');
  if (!(button instanceof HTMLElement) || !(badge instanceof HTMLElement)) return;
  badge.hidden = n === 0;
  badge.textContent = n ? capped(n, most) : '';
  const said = n ? `${capped(n, most)} ${n === 1 ? 'notification' : 'notifications'}` : '';
  if (button.querySelector('.dock-words')) { // its name is what stands in it
    badge.setAttribute('role', 'img');
    badge.setAttribute('aria-label', said);
  } else button.setAttribute('aria-label', [button.dataset.name, said].filter(Boolean).join(', '));
}

/**
 * @param {string} clientID
 * @param {boolean} pinned
 */
async function setPin(clientID, pinned) {
  try {
    await ask('/_dockwright/surfaces/pin', {client_id: clientID, pinned});
    if (root.dataset.live !== 'on') await refetch();
  } catch (err) {
    toast(err instanceof Error ? err.message : 'The host cannot be reached.', {kind: 'danger'});
  }
}

/** Without the line that tells news, the dock is fetched after a change. */
async function refetch() {
  const have = dock();
  const answer = await fetchPage('/_dockwright/shell', 'app-dock');
  const next = answer.kind === 'page' ? answer.elements[0] : undefined;
  if (!have || !next) return;
  merge(have, next);
  document.dispatchEvent(new CustomEvent('dw:merged', {detail: {root: have}}));
}

// spec: surface.command.set-notification
command('set_notification', (frame, args) => {
  const n = maybeNumber(object(args), 'number') ?? 0;
  if (!Number.isSafeInteger(n) || n < 0) throw new Refused(`number: expected a whole number from 0, got ${show(n)}`);
  const id = frame.info?.app.client_id ?? '';
  if (!dockApps().some((a) => a.clientID === id && !a.waiting)) throw new Refused('the app has no floating window, so it has no icon in the App Dock');
  if (n) badges.set(id, n);
  else badges.delete(id);
  dock()?.paint();
});
