// The floating windows of apps. Each is loaded hidden with the page, so that its
// app can ring, and lives in #dw-floating beside <main>: pages come and go, the
// iframes stay. A window is shown and hidden, moved and resized; its element never
// moves in the document, because browsers would load the iframe again.
import {ask} from './ask.js';
import {dockApps, markOpen} from './dock.js';
import {announce} from './feedback.js';
import {Refused, maybeObject, object, show as shown} from './frame-args.js';
import {command, openFrame} from './frames.js';

/** @typedef {{x: number, y: number, width: number, height: number}} Rect */
/** @typedef {Record<string, unknown>} Context */

// spec: surface.phone-sheet
const narrow = matchMedia('(max-width: 720px)');
const headHeight = 40; // px, as in floating.css
const margin = 8; // px between a window and the edge of the browser's
const step = 16; // px of an arrow key
const cascade = 28; // px from one window to the next
const sizes = {width: {min: 200, max: 800}, height: {min: 70, max: 700}}; // until the host says, the contract's

/** Windows by the client id of their app. @type {Map<string, FloatingWindow>} */
const windows = new Map();
let top = 0; // z-index of the window in front

class FloatingWindow {
  shown = false;
  /** Where the person left it; y is 0 until it was moved. */
  x; y;
  /** The size of the iframe. */
  width; height;
  /** Whether the person has chosen the size. */
  sized;
  /** One of the places that windows have before they are moved, -1 without. */
  slot = -1;
  #focusMode = false;
  /** What nobody listened to yet. @type {object | null} */
  #untold = null;
  /** What had the focus before the window. @type {HTMLElement | null} */
  #opener = null;
  #saving = 0;

  /** @param {import('./dock.js').App} app */
  constructor(app) {
    this.app = app;
    this.x = app.place.x;
    this.y = app.place.y;
    this.sized = app.place.width > 0;
    this.width = app.place.width || 320;
    this.height = app.place.height || 240;
    this.root = build();
    this.root.id = `window-${app.clientID}`;
    this.head = part(this.root, '.window-head');
    this.close = part(this.root, '.window-close');
    this.box = part(this.root, '.window-box');
    this.#name();
    for (const handle of /** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll('[data-edge]'))) {
      const edge = handle.dataset.edge ?? '';
      handle.addEventListener('pointerdown', (e) => { this.#grab(e, handle, (dx, dy, from) => { this.#pull(edge, dx, dy, from); }); });
    }
    this.#listen();
    document.getElementById('dw-floating')?.append(this.root);
    this.layout();
    this.frame = openFrame({
      box: this.box,
      resize: (width, height) => { this.#asked(width, height); },
      opened: () => { this.#untold = this.shown ? this.#untold ?? visibility(true, {invoker: 'user'}) : null; },
      listening: (event) => { if (event === 'visibility') this.#tellLate(); },
      focused: () => { this.raise(); },
    }, {extension: app.extension});
  }

  #name() {
    const {app} = this;
    this.root.setAttribute('aria-label', app.title === app.name ? app.name : `${app.title}, ${app.name}`);
    this.head.setAttribute('aria-label', `${app.title}. Arrow keys move the window, with Shift they resize it, Escape closes it`);
    this.close.setAttribute('aria-label', `Close ${app.title}`);
    part(this.head, '.window-tile').replaceChildren(app.tile());
    part(this.head, '.window-title').textContent = app.title;
  }

  /**
   * The dock was rendered anew; what is said of the app may have changed.
   * @param {import('./dock.js').App} app
   */
  update(app) {
    const {name, title} = this.app;
    this.app = app;
    if (app.name !== name || app.title !== title) this.#name();
  }

  #listen() {
    this.close.addEventListener('click', () => { this.hide({invoker: 'user'}); });
    this.root.addEventListener('pointerdown', () => { this.raise(); }, true);
    this.head.addEventListener('pointerdown', (e) => {
      if (e.target instanceof Element && e.target.closest('button')) return;
      this.#grab(e, this.head, (dx, dy, from) => { this.#moveTo(from.x + dx, from.y + dy); });
    });
    this.head.addEventListener('keydown', (e) => { this.#key(e); });
  }

  /** @param {KeyboardEvent} e */
  #key(e) {
    if (e.key === 'Escape') {
      if (!this.#focusMode) this.hide({invoker: 'user'});
      e.preventDefault();
      return;
    }
    const way = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[e.key];
    if (!way || e.target !== this.head || e.ctrlKey || e.metaKey || e.altKey || narrow.matches) return;
    e.preventDefault();
    const [dx = 0, dy = 0] = way.map((n) => n * step);
    const now = this.#rect();
    if (e.shiftKey) this.#pull('se', dx, dy, now);
    else this.#moveTo(now.x + dx, now.y + dy);
    this.#save();
  }

  /**
   * Follows a pointer until it is let go. Iframes are shielded meanwhile: they
   * would take its events.
   * @param {PointerEvent} e
   * @param {HTMLElement} handle
   * @param {(dx: number, dy: number, from: Rect) => void} move
   */
  #grab(e, handle, move) {
    if (e.button !== 0 || narrow.matches) return;
    const from = this.#rect();
    const root = document.documentElement;
    const end = new AbortController();
    root.dataset.dragging = 'true';
    handle.setPointerCapture(e.pointerId);
    handle.addEventListener('pointermove', (m) => { move(m.clientX - e.clientX, m.clientY - e.clientY, from); }, {signal: end.signal});
    handle.addEventListener('lostpointercapture', () => {
      end.abort();
      delete root.dataset.dragging;
      this.#save();
    }, {signal: end.signal});
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  #moveTo(x, y) {
    const r = this.#rect();
    const in_ = inside({...r, x, y});
    this.x = in_.x;
    this.y = in_.y;
    this.slot = -1;
    this.layout();
  }

  /**
   * Moves an edge or a corner, within what the contract allows.
   * @param {string} edge
   * @param {number} dx
   * @param {number} dy
   * @param {Rect} from
   */
  #pull(edge, dx, dy, from) {
    const {width, height} = this.frame.info?.sizes ?? sizes;
    const roomRight = innerWidth - margin - from.x;
    const roomLeft = from.x + from.width - margin;
    const west = edge.includes('w');
    if (west || edge.includes('e')) this.width = clamp(from.width + (west ? -dx : dx), width.min, Math.min(width.max, west ? roomLeft : roomRight));
    if (edge.includes('s')) this.height = clamp(from.height - headHeight + dy, height.min, Math.min(height.max, innerHeight - margin - from.y - headHeight));
    this.x = west ? from.x + from.width - this.width : from.x;
    this.y = from.y;
    this.slot = -1;
    this.sized = true;
    this.layout();
  }

  /**
   * The app asked for a size. What it begins with does not undo what the person
   * chose.
   * spec: surface.floating.size
   * @param {number | undefined} width
   * @param {number | undefined} height
   */
  #asked(width, height) {
    if (this.sized && this.frame.state !== 'ready') return;
    this.width = width ?? this.width;
    this.height = height ?? this.height;
    this.layout();
  }

  /** @returns {Rect} as it is on the screen */
  #rect() {
    const {left, top: y, width, height} = this.root.getBoundingClientRect();
    return {x: left, y, width, height};
  }

  /** Puts the window where it should be, and is possible now. */
  layout() {
    const {style} = this.root;
    if (narrow.matches) {
      style.left = style.top = style.width = '';
      style.height = `${this.height + headHeight}px`;
      return;
    }
    const want = {x: this.x, y: this.y, width: this.width, height: this.height + headHeight};
    if (!this.y) {
      const off = Math.max(0, this.slot) * cascade;
      want.x = innerWidth - want.width - 24 - off;
      want.y = barHeight() + 16 + off;
    }
    const at = inside(want);
    style.left = `${at.x}px`;
    style.top = `${at.y}px`;
    style.width = `${at.width}px`;
    style.height = `${at.height}px`;
  }

  /** Brings it in front of the others. */
  raise() {
    if (this.root.style.zIndex !== String(top)) this.root.style.zIndex = String(++top);
  }

  /** Whether no other window that is shown stands in front of it. */
  get front() {
    const level = (/** @type {FloatingWindow} */ w) => Number(w.root.style.zIndex);
    return this.shown && ![...windows.values()].some((w) => w.shown && level(w) > level(this));
  }
  get focusMode() { return this.#focusMode; }

  /** @param {boolean} on */
  set focusMode(on) {
    this.#focusMode = on;
    if (on && document.activeElement === this.close) this.head.focus();
    this.close.hidden = on;
  }

  /**
   * Shows the window and tells the app, also when it was shown already: the context
   * may be another.
   * spec: surface.event.visibility
   * spec: surface.floating.again
   * @param {Context} context
   * @param {boolean} [focus] whether the keyboard follows
   */
  show(context, focus = false) {
    if (!this.shown) {
      this.focusMode = false;
      this.shown = true;
      if (!this.y) this.slot = freeSlot();
      this.root.inert = false;
      this.root.classList.add('shown');
      this.layout();
      markOpen(this.app.clientID, true);
      if (!focus) announce(`${this.app.title} has opened`);
    }
    this.raise();
    if (focus) {
      if (!this.root.contains(document.activeElement)) this.#opener = document.activeElement instanceof HTMLElement ? document.activeElement : null;
      this.head.focus({preventScroll: true});
    }
    this.#tell(visibility(true, context));
  }

  /**
   * Hides the window; its iframe lives on.
   * @param {Context} context
   */
  hide(context) {
    if (!this.shown) return;
    const focused = this.root.contains(document.activeElement);
    this.shown = false;
    this.slot = -1;
    this.root.classList.remove('shown');
    this.root.inert = true;
    markOpen(this.app.clientID, false);
    if (focused) giveFocus(this.#opener);
    this.#opener = null;
    this.#tell(visibility(false, context));
  }

  /**
   * An app that does not listen yet hears it as soon as it does: a number may be
   * clicked before the iframe is ready.
   * spec: surface.calls.early
   * @param {{data: {is_visible: boolean}}} message
   */
  #tell(message) {
    if (this.frame.listens('visibility')) {
      this.frame.push('visibility', message);
      return;
    }
    this.#untold = message.data.is_visible ? message : null;
    this.frame.note({type: 'event', name: 'visibility', payload: message, error: 'nobody listens yet'});
  }

  #tellLate() {
    const message = this.#untold;
    this.#untold = null;
    if (message) this.frame.push('visibility', message);
  }

  /**
   * Remembers the place, once the person has stopped moving.
   * spec: surface.floating.place
   */
  #save() {
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => {
      const {width, height} = this.sized ? this : {width: 0, height: 0};
      const place = {x: this.x, y: this.y, width, height};
      for (const k of /** @type {(keyof Rect)[]} */ (Object.keys(place))) place[k] = Math.round(place[k]);
      ask('/_dockwright/surfaces/place', {client_id: this.app.clientID, ...place}).catch((err) => { console.info('place not remembered', err); });
    }, 400);
  }

  /** Ends the app's iframe. */
  remove() {
    clearTimeout(this.#saving);
    const focused = this.root.contains(document.activeElement);
    this.frame.remove();
    this.root.remove();
    markOpen(this.app.clientID, false);
    if (focused) giveFocus(null);
  }
}

/** @returns {HTMLElement} a window that is in no document yet */
function build() {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById('dw-window'));
  return /** @type {HTMLElement} */ (document.importNode(template.content, true).firstElementChild);
}

/**
 * @param {HTMLElement} of
 * @param {string} selector
 * @returns {HTMLElement}
 */
function part(of, selector) {
  return /** @type {HTMLElement} */ (of.querySelector(selector));
}

/**
 * @param {boolean} is_visible
 * @param {Context} context
 */
function visibility(is_visible, context) {
  return {data: {is_visible, context}};
}

/**
 * @param {number} n
 * @param {number} min
 * @param {number} max wins over min
 */
function clamp(n, min, max) {
  return Math.min(max, Math.max(min, n));
}

function barHeight() {
  return document.querySelector('.topbar')?.getBoundingClientRect().bottom ?? 0;
}

/**
 * A rectangle moved, and if need be made smaller, until it is on the screen and
 * leaves the top bar free.
 * @param {Rect} r
 * @returns {Rect}
 */
function inside(r) {
  const bar = barHeight() + 4;
  const width = Math.min(r.width, innerWidth - 2 * margin);
  const height = Math.min(r.height, innerHeight - bar - margin);
  return {
    x: clamp(r.x, margin, innerWidth - margin - width), y: clamp(r.y, bar, innerHeight - margin - height), width, height,
  };
}

/** The first place that no shown window has. */
function freeSlot() {
  const taken = new Set([...windows.values()].filter((w) => w.shown).map((w) => w.slot));
  let slot = 0;
  while (taken.has(slot)) slot += 1;
  return slot;
}

/** @param {HTMLElement | null} to */
function giveFocus(to) {
  const menu = to?.closest('[popover]:not(:popover-open)');
  const target = menu ? document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`) : to?.isConnected ? to : document.querySelector('main h1');
  if (target instanceof HTMLElement) target.focus({preventScroll: true});
}

/**
 * Opens and removes windows until they are those of the dock.
 * spec: surface.floating.alive
 * spec: surface.floating.revoked
 */
function sync() {
  const apps = dockApps().filter((a) => !a.waiting);
  for (const [id, w] of windows) {
    if (apps.some((a) => a.clientID === id && a.extension === w.app.extension)) continue;
    w.remove();
    windows.delete(id);
  }
  for (const app of apps) {
    const have = windows.get(app.clientID);
    if (have) have.update(app);
    else windows.set(app.clientID, new FloatingWindow(app));
  }
}

/**
 * Shows the window of an app for the person, with the keyboard in it.
 * @param {string} clientID
 * @param {Context} [context] what the app is told beside who opened it
 */
export function showWindow(clientID, context = {}) {
  windows.get(clientID)?.show({...context, invoker: 'user'}, true);
}

/** @param {import('./frames.js').Frame} frame @returns {FloatingWindow} of the same app */
function windowOf(frame) {
  const w = windows.get(frame.info?.app.client_id ?? '');
  if (!w) throw new Refused('the app has no floating window');
  return w;
}

/** @param {unknown} args @returns {Context} */
function contextOf(args) {
  return {...maybeObject(object(args), 'context'), invoker: 'command'};
}

// spec: surface.command.show-floating-window
command('show_floating_window', (frame, args) => {
  const context = contextOf(args);
  windowOf(frame).show(context);
});

// spec: surface.command.hide-floating-window
command('hide_floating_window', (frame, args) => {
  const context = contextOf(args);
  windowOf(frame).hide(context);
});

// spec: surface.command.set-focus-mode
// spec: surface.focus-mode.visible
command('set_focus_mode', (frame, args) => {
  if (typeof args !== 'boolean') throw new Refused(`expected true or false, got ${shown(args)}`);
  const w = windowOf(frame);
  if (args && !w.shown) throw new Refused('the floating window must be visible first');
  w.focusMode = args;
});

// The icons of the dock: a click on that of the window in front hides it again.
// spec: surface.dock.toggle
document.addEventListener('click', (e) => {
  const button = e.target instanceof Element ? e.target.closest('[data-show-window]') : null;
  const w = button instanceof HTMLElement ? windows.get(button.dataset.showWindow ?? '') : undefined;
  if (!button || !w) return;
  const menu = button.closest('[popover]');
  if (menu instanceof HTMLElement && menu.matches(':popover-open')) menu.hidePopover();
  if (w.front && !w.focusMode && !menu) w.hide({invoker: 'user'});
  else showWindow(w.app.clientID);
});

// A click into an iframe is not seen here, but that it takes the focus is.
addEventListener('blur', () => {
  for (const w of windows.values()) if (document.activeElement !== null && document.activeElement === w.frame.iframe) w.raise();
});

const layoutAll = () => { for (const w of windows.values()) w.layout(); };
addEventListener('resize', layoutAll);
narrow.addEventListener('change', layoutAll);
document.addEventListener('dw:dock', sync);
sync();
