// The broker between the pages of the host and the apps in iframes: it knows each
// frame by the id of its loading, takes commands and listeners from the window of
// that frame and no other, answers each command once, and pushes events.
//
// What a command does is registered by the module whose duty it is.
import {ask} from './ask.js';
import {Refused, maybeNumber, maybeObject, object, show, weigh} from './frame-args.js';
import {note} from './frame-log.js';
import {theme} from './theme.js';

export {Refused} from './frame-args.js';

/**
 * What a frame is opened with, as the host takes it.
 * @typedef {{
 *   extension?: string, client_id?: string, action?: string, json?: boolean, view?: string, selected?: number[],
 *   data?: Record<string, unknown>, context?: Record<string, unknown>,
 * }} Request
 *
 * @typedef {'asking' | 'loading' | 'ready' | 'failed' | 'gone'} State
 * @typedef {{min: number, max: number}} Range
 * @typedef {{
 *   id: string, url: string, extension: string, title: string,
 *   surface: 'floating_window' | 'panel' | 'modal' | 'app_settings',
 *   sizes: {width: Range, height: Range, fixed_width: boolean, default_width: number, default_height: number},
 *   app: {client_id: string, name: string, icon_url: string},
 * }} Info what the host said about a frame
 *
 * What shows a frame.
 * @typedef {{
 *   box: HTMLElement,
 *   resize: (width: number | undefined, height: number | undefined) => void,
 *   opened?: (frame: Frame) => void,
 *   refused?: (err: Error) => void,
 *   ready?: () => void,
 *   focused?: () => void,
 *   listening?: (event: string) => void,
 *   close?: () => void,
 * }} Surface box holds the iframe or the card that stands for it; resize gets lengths that are in range;
 * opened is called before the iframe is loaded, refused instead of a card when the host gives no address, ready after
 * the app has initialised, listening when the app begins to listen for an event, close takes the whole surface away
 *
 * @typedef {(frame: Frame, args: unknown) => unknown} Run gives what the app is answered, or a promise of it; throws Refused
 */

const initializeWithin = 10_000; // ms, the contract's
const largest = 256 * 1024; // characters of a payload
const burst = 200; // messages a frame may send at once
const perSecond = 50; // messages a frame may send in the long run
const mostListeners = 50; // of one event in one frame

/** @type {Map<string, Run>} */
const commands = new Map();
/** Frames by the id of their loading. @type {Map<string, Frame>} */
const frames = new Map();

const events = ['visibility', 'close_custom_modal', 'page_visibility_state', 'user_settings_change'];

/**
 * Registers what a command does.
 * @param {string} name
 * @param {Run} run
 */
export function command(name, run) {
  commands.set(name, run);
}

/**
 * Loads a frame into a surface. A refusal of the host is shown in the surface.
 * @param {Surface} surface
 * @param {Request} request
 * @returns {Frame}
 */
export function openFrame(surface, request) {
  const frame = new Frame(surface, request);
  void frame.load();
  return frame;
}

/**
 * The frames for which something holds, oldest first.
 * @param {(frame: Frame) => boolean} [which]
 */
export function framesWhere(which = () => true) {
  return [...frames.values()].filter(which);
}

/** An iframe of an app. */
export class Frame {
  state = /** @type {State} */ ('asking');
  /** Known once the host has answered. @type {Info | null} */
  info = null;
  /** @type {HTMLIFrameElement | null} */
  iframe = null;
  /** By event: ports, and how many documents the frame had loaded when each came. @type {Map<string, Map<MessagePort, number>>} */
  #listeners = new Map();
  #loads = 0;
  #initializedAt = 0; // #loads at the last handshake
  #timer = 0;
  #tokens = burst;
  #counted = performance.now();
  #refused = 0; // messages since the last note about too many
  #foreign = ''; // the id of another loading in whose name the app has spoken
  #life = new AbortController();

  /** @param {Surface} surface @param {Request} request */
  constructor(surface, request) {
    this.surface = surface;
    this.request = request;
  }

  get #failed() { return this.state === 'failed'; }

  /** @param {State} state */
  #become(state) {
    this.state = state;
    this.surface.box.dataset.frame = state;
    document.dispatchEvent(new CustomEvent('dw:frames', {detail: this}));
  }

  /** Ends with this loading of the frame: what an app waits for is then over. */
  get over() { return this.#life.signal; }

  /** Asks the host for an address and loads it; again after a failure. */
  async load() {
    this.#drop();
    this.#life = new AbortController();
    const {over} = this;
    this.#become('asking');
    this.surface.box.classList.add('waiting');
    /** @type {Info} */
    let info;
    try {
      info = await ask('/_dockwright/surfaces/open', {...this.request, theme: theme()});
    } catch (err) {
      if (over.aborted) return;
      if (err instanceof Error && this.surface.refused) this.surface.refused(err);
      else this.#fail(err instanceof Error ? err.message : '', '');
      return;
    }
    if (over.aborted) return;
    this.info = info;
    this.#become('loading');
    frames.set(info.id, this);
    this.surface.opened?.(this);
    this.iframe = this.#element(info);
    this.surface.box.append(this.iframe);
    this.#timer = setTimeout(() => { void this.#late(); }, initializeWithin);
  }

  /** @param {Info} info */
  #element(info) {
    const iframe = document.createElement('iframe');
    iframe.title = `${info.title}, ${info.app.name}`;
    iframe.className = 'app-frame';
    // What tests of extensions find frames by: docs/testing.md names these.
    Object.assign(iframe.dataset, {extension: info.extension, surface: info.surface, app: info.app.client_id});
    // spec: surface.sandbox
    iframe.setAttribute('sandbox', 'allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads allow-modals');
    iframe.allow = 'microphone; camera; autoplay; clipboard-read; clipboard-write; display-capture; fullscreen';
    iframe.referrerPolicy = 'strict-origin-when-cross-origin';
    iframe.src = info.url;
    iframe.addEventListener('load', () => {
      this.#loads += 1;
      this.#forgetOld();
    });
    return iframe;
  }

  /**
   * Lets go of the listeners of documents that the app has left by navigating its
   * frame. Most browsers do not tell that a port's other end is gone. A listener
   * that came after the last but one load may be the present document's; so is
   * everything until a new document has initialised.
   */
  #forgetOld() {
    if (this.#loads < 2 || this.#initializedAt < this.#loads - 1) return;
    for (const ports of this.#listeners.values()) {
      for (const [port, loads] of ports) {
        if (loads > this.#loads - 2) continue;
        port.close();
        ports.delete(port);
      }
    }
  }

  /** The app did not initialise in time. The iframe stays loaded, out of sight: it may come late. */
  async #late() {
    if (this.state !== 'loading') return;
    const {over} = this;
    // Many apps are built with the id of their extension.
    // spec: surface.foreign-id
    if (this.#foreign) {
      this.#fail(`The app spoke to the CRM with the id ${this.#foreign}, which is not the id in the address of its iframe.`,
        'Leave identifier out when the SDK is made, or give it the query parameter id, which is new at each loading. It is not the id of the extension in the Developer Hub.');
      return;
    }
    this.#fail('The app has not answered within ten seconds.', '');
    try {
      const d = await ask('/_dockwright/surfaces/diagnose', {...this.request, theme: theme()});
      if (!over.aborted && this.#failed) this.#fail(d.reason, d.advice);
    } catch (err) {
      console.info('frame not examined', err);
    }
  }

  /**
   * Shows a card instead of the app.
   * @param {string} reason
   * @param {string} advice
   */
  #fail(reason, advice) {
    this.#become('failed');
    this.note({type: 'note', name: 'not shown', error: [reason, advice].filter(Boolean).join(' ')});
    const {box} = this.surface;
    box.classList.remove('waiting');
    box.classList.add('failed');
    if (this.iframe) this.iframe.inert = true;
    box.querySelector('.frame-card')?.remove();
    const card = document.createElement('div');
    card.className = 'frame-card';
    card.setAttribute('role', 'alert');
    const title = document.createElement('strong');
    title.textContent = `${this.info?.app.name ?? 'The app'} could not be shown`;
    card.append(title);
    for (const words of [reason, advice]) {
      if (!words) continue;
      const line = document.createElement('p');
      line.textContent = words;
      card.append(line);
    }
    const again = document.createElement('button');
    again.type = 'button';
    again.className = 'button small';
    again.textContent = 'Try again';
    again.addEventListener('click', () => { void this.load(); });
    card.append(again);
    box.append(card);
  }

  /** The app has initialised: it is shown. */
  #ready() {
    clearTimeout(this.#timer);
    this.#initializedAt = this.#loads;
    this.#forgetOld();
    if (this.state === 'ready') return;
    this.#become('ready');
    const {box} = this.surface;
    box.classList.remove('waiting', 'failed');
    if (this.iframe) this.iframe.inert = false;
    box.querySelector('.frame-card')?.remove();
    this.surface.ready?.();
  }

  /**
   * What came from the frame's window in its name.
   * @param {unknown} data
   * @param {MessagePort | undefined} port
   */
  receive(data, port) {
    const payload = readPayload(data);
    if (typeof payload === 'string') {
      this.note({type: 'note', name: 'message not understood', error: payload});
      answer(port, {error: payload});
      return;
    }
    if (payload.type === 'track') {
      this.note({type: 'track', name: payload.event});
      if (payload.event === 'focused') this.surface.focused?.();
    } else if (payload.type === 'listener') this.#listen(payload.event, port);
    else void this.#run(payload.command, payload.args, port);
  }

  /**
   * A message from the frame's window in the name of another loading, or of none.
   * @param {unknown} id
   */
  stray(id) {
    if (typeof id === 'string') this.#foreign = show(id);
    this.note({type: 'note', name: 'message for another frame', error: `expected the id of the address, got ${show(id)}`});
  }

  /**
   * Whether the frame keeps within its rate of messages; each call counts as one.
   * spec: surface.flood
   */
  maySpeak() {
    const now = performance.now();
    this.#tokens = Math.min(burst, this.#tokens + (now - this.#counted) / 1000 * perSecond);
    this.#counted = now;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return true;
    }
    if (this.#refused++ === 0) {
      setTimeout(() => {
        this.note({type: 'note', name: 'too many messages', error: `${this.#refused} messages were refused: a frame may send ${burst} at once and ${perSecond} a second`});
        this.#refused = 0;
      }, 1000);
    }
    return false;
  }

  /**
   * @param {string} event
   * @param {MessagePort | undefined} port
   */
  #listen(event, port) {
    if (!port) {
      this.note({type: 'note', name: 'listener without a port', error: `expected a port with the listener of ${event}`});
      return;
    }
    if (!events.includes(event)) {
      this.note({type: 'listener', name: event, error: 'unknown event'});
      answer(port, {error: `there is no event ${show(event)}`});
      return;
    }
    const ports = this.#listeners.get(event) ?? new Map();
    this.#listeners.set(event, ports);
    if (ports.size >= mostListeners) {
      const [oldest] = ports.keys();
      oldest?.close();
      if (oldest) ports.delete(oldest);
    }
    ports.set(port, this.#loads);
    port.addEventListener('close', () => { ports.delete(port); });
    port.start();
    this.note({type: 'listener', name: event});
    this.surface.listening?.(event);
  }

  /**
   * @param {string} name
   * @param {unknown} args
   * @param {MessagePort | undefined} port
   */
  async #run(name, args, port) {
    const begun = performance.now();
    /** @type {{data?: unknown, error?: string}} */
    let reply = {};
    try {
      if (!port) throw new Refused('expected a port with the command');
      const run = name === 'initialize' ? initialize : commands.get(name);
      if (!run) throw new Refused(`there is no command ${show(name)}`);
      if (name !== 'initialize' && this.state !== 'ready') throw new Refused('SDK is not initialized');
      const data = await run(this, args);
      if (data !== undefined) reply = {data};
    } catch (err) {
      if (!(err instanceof Refused)) console.warn(`${name} of ${this.info?.app.name ?? 'an app'} failed`, err);
      reply = {error: (err instanceof Error && err.message) || 'the command failed'};
    }
    answer(port, reply);
    if (name === 'initialize' && !reply.error) this.#ready();
    this.note({type: 'command', name, payload: args, reply: reply.data, error: reply.error, ms: Math.round(performance.now() - begun)});
  }

  /**
   * Whether anybody in this frame listens for an event.
   * @param {string} event
   */
  listens(event) {
    return (this.#listeners.get(event)?.size ?? 0) > 0;
  }

  /**
   * Tells an event to all that listen for it in this frame.
   * @param {string} event
   * @param {object} message
   * @param {{byHand?: boolean}} [how]
   */
  push(event, message, how = {}) {
    const ports = this.#listeners.get(event);
    for (const port of ports?.keys() ?? []) port.postMessage(message);
    this.note({type: 'event', name: event, payload: message, error: ports?.size ? undefined : 'nobody listened', ...how});
  }

  /** The events that the app listens to now. */
  get listensTo() {
    return events.filter((event) => this.#listeners.get(event)?.size);
  }

  /**
   * Asks for a size as the app did; out of range nothing changes.
   * spec: surface.command.resize
   * @param {{width?: number, height?: number}} size
   */
  resize(size) {
    const sizes = this.info?.sizes;
    if (!sizes) return;
    const width = sizes.fixed_width ? undefined : size.width;
    const wrong = [outOf('width', width, sizes.width, innerWidth), outOf('height', size.height, sizes.height, innerHeight)].filter(Boolean).join(', ');
    if (wrong) {
      console.warn(`${this.info?.app.name}: not resized: ${wrong}`);
      this.note({type: 'note', name: 'not resized', error: wrong});
      return;
    }
    this.surface.resize(width, size.height);
  }

  /** @param {Omit<import('./frame-log.js').Entry, 'at' | 'extension' | 'frame' | 'surface' | 'view' | 'app'>} entry */
  note(entry) {
    const {info, request} = this;
    note({
      at: Date.now(), extension: info?.extension ?? request.extension ?? '', frame: info?.id ?? '', surface: info?.surface ?? '',
      view: request.view ?? '', app: info?.app.name ?? '', ...entry,
    });
  }

  /** Ends the iframe; the surface itself stays. */
  remove() {
    this.#drop();
    this.#become('gone');
  }

  #drop() {
    clearTimeout(this.#timer);
    this.#life.abort();
    if (this.info) frames.delete(this.info.id);
    for (const ports of this.#listeners.values()) for (const port of ports.keys()) port.close();
    this.#listeners.clear();
    this.#loads = 0;
    this.#initializedAt = 0;
    this.#foreign = '';
    this.iframe?.remove();
    this.iframe = null;
    this.surface.box.querySelector('.frame-card')?.remove();
    this.surface.box.classList.remove('waiting', 'failed');
  }
}

/**
 * The handshake, which may come several times.
 * spec: surface.initialize
 * @param {Frame} frame
 * @param {unknown} args
 */
function initialize(frame, args) {
  try {
    const size = maybeObject(object(args), 'size');
    const sizes = frame.info?.sizes;
    if (size && sizes) frame.resize({width: fitting(maybeNumber(size, 'width'), sizes.width, innerWidth), height: fitting(maybeNumber(size, 'height'), sizes.height, innerHeight)});
  } catch (err) {
    // An app with a wrong size is still shown.
    if (!(err instanceof Refused)) throw err;
    frame.note({type: 'note', name: 'not resized', error: err.message});
  }
}

/**
 * A first length that only the browser's window bounds is cut to it: apps know the
 * screen at best when they choose it, and would else be shown in the default size.
 * spec: surface.first-size
 * @param {number | undefined} value
 * @param {Range} range
 * @param {number} window
 */
function fitting(value, range, window) {
  return value !== undefined && !range.max && value > window ? window : value;
}

/**
 * @param {string} name
 * @param {number | undefined} value
 * @param {Range} range
 * @param {number} window
 * @returns {string} what is wrong, "" if nothing is
 */
function outOf(name, value, range, window) {
  if (value === undefined) return '';
  const max = range.max || window;
  return value < range.min || value > max ? `${name} must be from ${range.min} to ${max} px, got ${value}` : '';
}

/** @typedef {{type: 'command', command: string, args: unknown} | {type: 'listener', event: string} | {type: 'track', event: string}} Payload */

/**
 * The payload of a message of the SDK, or what is wrong with it.
 * @param {unknown} data
 * @returns {Payload | string}
 */
function readPayload(data) {
  const p = /** @type {any} */ (data)?.payload;
  if (typeof p !== 'object' || p === null) return `expected a payload, got ${show(p)}`;
  const weight = weigh(p, largest);
  if (weight === Infinity) return 'expected a payload that is JSON';
  if (weight > largest) return `expected at most ${largest} characters, got more`;
  if (p.type === 'command' && typeof p.command === 'string') return {type: 'command', command: p.command, args: p.args};
  if (p.type === 'listener' && typeof p.event === 'string') return {type: 'listener', event: p.event};
  if (p.type === 'track' && typeof p.event === 'string') return {type: 'track', event: p.event};
  return `expected a command, a listener or a track, got ${show(p)}`;
}

/**
 * @param {MessagePort | undefined} port
 * @param {{data?: unknown, error?: string}} message
 */
function answer(port, message) {
  if (!port) return;
  try {
    port.postMessage(message);
  } catch {
    port.postMessage({error: 'the answer could not be sent'});
  }
}

// Any window may post here: a message counts if the window and the id agree.
// spec: surface.message-guard
addEventListener('message', (e) => {
  const from = framesWhere((f) => f.iframe?.contentWindow === e.source)[0];
  if (!from) return;
  if (!from.maySpeak()) { // before the message is unpacked, which is what costs
    answer(e.ports[0], {error: 'too many messages'});
    return;
  }
  const id = typeof e.data === 'object' && e.data !== null ? e.data.id : undefined;
  if (id === from.info?.id) from.receive(e.data, e.ports[0]);
  else from.stray(id);
});

// The theme stands beside data too, because the SDK takes the whole message for
// its userSettings.
// spec: surface.event.user-settings-change
document.addEventListener('dw:theme', () => {
  for (const frame of framesWhere((f) => f.state === 'ready')) frame.push('user_settings_change', {data: {theme: theme()}, theme: theme()});
});
