// The SDK console: what frames of apps live in this tab, what was said with them
// last, and events that a developer sends them by hand. It stands beside the page
// and stays while one goes from page to page.
// spec: surface.inspector
import {announce, clearFaults, showFault} from './feedback.js';
import {jsonText} from './frame-log.js';
import {framesWhere} from './frames.js';

/** @typedef {import('./frames.js').Frame} Frame */
/** @typedef {import('./frame-log.js').Entry} Entry */

const kept = 100; // messages
const mostShown = 4000; // characters of a payload or a reply

/** Messages of this page, oldest first, also from before the console was opened. @type {{entry: Entry, payload: string, reply: string}[]} */
const history = [];

/** What is put into the form for an event: the whole message, as the SDK gets it. @type {Record<string, (frame: Frame | undefined) => object>} */
const examples = {
  visibility: (frame) => (frame?.info?.surface === 'floating_window'
    ? {data: {is_visible: true, context: {invoker: 'user'}}}
    : {data: {is_visible: false}}),
  close_custom_modal: () => ({}),
  user_settings_change: () => ({data: {theme: 'dark'}, theme: 'dark'}),
};

const surfaces = {floating_window: 'floating window', panel: 'panel', modal: 'modal', app_settings: 'settings page'};
const states = {asking: 'asking the host', loading: 'loading', ready: 'initialised', failed: 'not shown', gone: 'gone'};

/**
 * An element with a class and what is in it.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} className
 * @param {...(Node | string)} inside
 */
function make(tag, className, ...inside) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  e.append(...inside);
  return e;
}

/** @param {Frame} frame */
function where(frame) {
  const view = frame.request.view?.replace('-', ' ') ?? '';
  const surface = surfaces[frame.info?.surface ?? 'panel'];
  return view ? `${surface}, ${view}` : surface;
}

class SDKConsole extends HTMLElement {
  #chosen = ''; // id of a frame
  #edited = false;
  #planned = 0;
  #shown = 0; // how many messages were ever shown
  /** @type {HTMLElement | null} */
  #opener = null;
  /** @type {AbortController | null} */
  #listening = null;

  #frames = make('div', 'sdk-frames');
  #event = make('select', 'input');
  #payload = make('textarea', 'input sdk-payload');
  #form = make('form', 'sdk-form');
  #list = make('ol', 'sdk-messages');
  #none = make('p', 'muted', 'No app is loaded in this tab. Open the record of a panel, a modal or a settings page; floating windows are loaded with every page.');

  connectedCallback() {
    if (this.firstElementChild) return;
    this.popover = 'manual';
    this.className = 'sdk-console';
    this.setAttribute('role', 'dialog');
    this.setAttribute('aria-labelledby', 'sdk-console-title');
    const title = Object.assign(make('h2', '', 'SDK console'), {id: 'sdk-console-title', tabIndex: -1});
    const close = Object.assign(make('button', 'button quiet small', 'Close'), {type: 'button'});
    close.addEventListener('click', () => this.close());
    const side = Object.assign(make('button', 'button quiet small sdk-side', 'Other side'), {type: 'button', title: 'Stand at the other side of the page'});
    side.addEventListener('click', () => { this.classList.toggle('at-start'); });
    const body = make('div', 'sdk-body');
    body.append(this.#framesPart(), this.#formPart(), this.#messagesPart());
    this.append(make('div', 'sdk-head', title, side, close), body);
    this.addEventListener('keydown', (e) => {
      if (e.key !== 'Escape' || e.defaultPrevented) return;
      e.preventDefault();
      this.close();
    });
  }

  #framesPart() {
    const part = make('fieldset', 'sdk-part', make('legend', '', 'Frames in this tab'), this.#none, this.#frames);
    part.addEventListener('change', (e) => {
      if (!(e.target instanceof HTMLInputElement)) return;
      this.#choose(e.target.value);
    });
    return part;
  }

  #formPart() {
    for (const name of Object.keys(examples)) this.#event.append(Object.assign(make('option', '', name), {value: name}));
    Object.assign(this.#event, {name: 'event', id: 'sdk-event'});
    Object.assign(this.#payload, {name: 'payload', id: 'sdk-payload', rows: 6, spellcheck: false});
    this.#payload.setAttribute('aria-describedby', 'sdk-hint');
    this.#event.addEventListener('change', () => { this.#fill(true); });
    this.#payload.addEventListener('input', () => { this.#edited = true; });
    const hint = Object.assign(make('p', 'hint', 'The whole message, as it goes through the port.'), {id: 'sdk-hint'});
    const send = Object.assign(make('button', 'button primary', 'Send event'), {type: 'submit'});
    this.#form.setAttribute('aria-label', 'Send an event by hand');
    this.#form.append(
      make('h3', '', 'Send an event'),
      make('div', 'field', Object.assign(make('label', '', 'Event'), {htmlFor: 'sdk-event'}), this.#event),
      make('div', 'field', Object.assign(make('label', '', 'Message (JSON)'), {htmlFor: 'sdk-payload'}), this.#payload, hint),
      send,
    );
    this.#form.addEventListener('submit', (e) => {
      e.preventDefault();
      e.stopPropagation(); // the shell sends forms to the host
      this.#send();
    });
    return this.#form;
  }

  #messagesPart() {
    const more = Object.assign(make('a', '', 'All of them, in the Inspector'), {href: '/_dockwright/inspector?direction=sdk'});
    const part = make('section', 'sdk-part', make('h3', '', 'Last messages'), this.#list, make('p', 'small', more));
    part.setAttribute('aria-label', 'Last messages');
    return part;
  }

  /** @param {HTMLElement} [opener] gets the focus back */
  open(opener) {
    this.#opener = opener ?? null;
    if (!this.matches(':popover-open')) {
      const {signal} = this.#listening = new AbortController();
      for (const news of ['dw:frames', 'dw:sdk']) document.addEventListener(news, () => { this.#plan(); }, {signal});
      this.showPopover();
    }
    this.#draw();
    this.querySelector('h2')?.focus();
  }

  close() {
    this.#listening?.abort();
    this.hidePopover();
    if (this.#opener?.isConnected) this.#opener.focus();
  }

  /** Draws once in a frame of the screen, however much is said. */
  #plan() {
    this.#planned ||= requestAnimationFrame(() => {
      this.#planned = 0;
      this.#draw();
    });
  }

  #draw() {
    this.#drawFrames();
    this.#drawMessages();
  }

  #drawFrames() {
    const live = framesWhere();
    const known = new Map([...this.#frames.children].map((row) => [/** @type {HTMLElement} */ (row).dataset.frameId, row]));
    for (const frame of live) {
      const id = frame.info?.id ?? '';
      const row = known.get(id) ?? this.#frameRow(id);
      known.delete(id);
      const about = row.querySelector('.sdk-about');
      const says = [where(frame), states[frame.state], frame.listensTo.length ? `listens to ${frame.listensTo.join(', ')}` : 'listens to nothing'].join(' · ');
      if (about && about.textContent !== says) about.textContent = says;
      const name = row.querySelector('strong');
      const title = `${frame.info?.app.name}: ${frame.info?.title}`;
      if (name && name.textContent !== title) name.textContent = title;
    }
    for (const gone of known.values()) gone.remove();
    this.#none.hidden = live.length > 0;
    this.#form.hidden = live.length === 0;
    if (!live.some((f) => f.info?.id === this.#chosen)) this.#choose(live[0]?.info?.id ?? '');
  }

  /** @param {string} id */
  #frameRow(id) {
    const radio = Object.assign(document.createElement('input'), {type: 'radio', name: 'sdk-frame', value: id});
    const row = make('label', 'sdk-frame', radio, make('span', 'grow', make('strong', ''), make('span', 'sdk-about muted small')));
    row.dataset.frameId = id;
    this.#frames.append(row);
    return row;
  }

  /** @param {string} id */
  #choose(id) {
    this.#chosen = id;
    for (const radio of this.#frames.querySelectorAll('input')) radio.checked = radio.value === id;
    this.#fill(false);
  }

  get #frame() { return framesWhere((f) => f.info?.id === this.#chosen)[0]; }

  /**
   * Puts an example for the event into the form.
   * @param {boolean} anew also over what was typed, which was for another event
   */
  #fill(anew) {
    if (this.#edited && !anew) return;
    this.#edited = false;
    clearFaults(this.#form);
    this.#payload.value = JSON.stringify(examples[this.#event.value]?.(this.#frame), null, 2);
  }

  #send() {
    clearFaults(this.#form);
    this.#payload.setAttribute('aria-describedby', 'sdk-hint');
    const frame = this.#frame;
    if (!frame) {
      showFault(this.#form, {field: 'event', message: 'This frame is gone. Choose another one.'});
      return;
    }
    let message;
    try {
      message = JSON.parse(this.#payload.value);
    } catch (err) {
      showFault(this.#form, {field: 'payload', message: `Expected JSON: ${err instanceof Error ? err.message : ''}`});
      return;
    }
    if (typeof message !== 'object' || message === null || Array.isArray(message)) {
      showFault(this.#form, {field: 'payload', message: 'Expected an object such as {"data": {}}: the SDK reads its members.'});
      return;
    }
    const event = this.#event.value;
    const heard = frame.listensTo.includes(event);
    frame.push(event, message, {byHand: true});
    announce(heard ? `${event} was sent to ${frame.info?.app.name}` : `${frame.info?.app.name} does not listen to ${event}`);
  }

  #drawMessages() {
    const fresh = history.slice(Math.max(0, history.length - (said - this.#shown)));
    this.#shown = said;
    for (const m of fresh) this.#list.prepend(messageRow(m));
    while (this.#list.children.length > kept) this.#list.lastElementChild?.remove();
    if (this.#list.children.length === 0) this.#list.append(make('li', 'muted sdk-none', 'Nothing was said yet.'));
    else if (this.#list.children.length > 1) this.#list.querySelector('.sdk-none')?.remove();
  }
}

/** @param {{entry: Entry, payload: string, reply: string}} m */
function messageRow({entry, payload, reply}) {
  const fromApp = entry.type === 'command' || entry.type === 'listener' || entry.type === 'track';
  const at = new Intl.DateTimeFormat(undefined, {hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false}).format(entry.at);
  const line = make('summary', '',
    make('span', 'sdk-line', make('strong', '', entry.name), ` ${entry.type}${entry.byHand ? ', by hand' : ''}`),
    make('span', 'muted small', `${at} · ${fromApp ? 'from' : entry.type === 'note' ? 'about' : 'to'} ${entry.app || 'an app'}${entry.ms === undefined ? '' : ` · ${entry.ms} ms`}`));
  if (entry.error) line.append(make('span', 'sdk-error small', entry.error));
  const more = make('details', '', line);
  for (const [title, text] of [[entry.type === 'command' ? 'Arguments' : 'Message', payload], ['Reply', reply]]) {
    if (text) more.append(make('p', 'small muted', title ?? ''), Object.assign(make('pre', 'code-block', pretty(text)), {tabIndex: 0}));
  }
  if (!payload && !reply) more.append(make('p', 'small muted', 'Nothing came with it.'));
  return make('li', '', more);
}

/** @param {string} text JSON that may have been cut */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

let said = 0; // messages in all

document.addEventListener('dw:sdk', (e) => {
  const entry = /** @type {CustomEvent<Entry>} */ (e).detail;
  said += 1;
  history.push({entry: {...entry, payload: undefined, reply: undefined}, payload: clipped(entry.payload), reply: clipped(entry.reply)});
  if (history.length > kept) history.shift();
});

/** @param {unknown} value */
function clipped(value) {
  const text = jsonText(value);
  return text.length > mostShown ? text.slice(0, mostShown) + '…' : text;
}

customElements.define('dw-sdk-console', SDKConsole);

document.addEventListener('click', (e) => {
  const button = e.target instanceof Element ? e.target.closest('[data-sdk-console]') : null;
  if (!(button instanceof HTMLElement)) return;
  const menu = button.closest('[popover]');
  if (menu instanceof HTMLElement) menu.hidePopover();
  let box = document.querySelector('dw-sdk-console');
  if (!box) {
    box = document.createElement('dw-sdk-console');
    document.body.append(box);
  }
  const from = menu ? document.querySelector(`[popovertarget="${menu.id}"]`) : button;
  if (box instanceof SDKConsole) box.open(from instanceof HTMLElement ? from : undefined);
});
