// What opens above the page for an app: its custom modals, from actions menus and
// from other surfaces, and the host's own forms when an app asks for one.
//
// A custom modal is no modal <dialog> of the browser: that would lie above
// everything and make toasts, questions and floating windows (a call that comes
// in) unreachable. The page beneath is inert instead.
import {HostRefused, ask} from './ask.js';
import {toast} from './feedback.js';
import {Refused, maybeObject, object, show, text, word} from './frame-args.js';
import {command, openFrame} from './frames.js';
import {openForm} from './records.js';

/** @typedef {import('./frames.js').Frame} Frame */
/** @typedef {import('./frames.js').Request} Request */
/** @typedef {{status: 'closed' | 'submitted', id?: number}} Outcome */

/** The one custom modal that is open, or on its way. @type {CustomModal | null} */
let open = null;

/** Whether an app's form is open, or on its way. */
let forming = false;

const mostRows = 1000; // chosen in a list; the address of the iframe carries them

class CustomModal {
  #layer = document.createElement('div');
  #modal = fromTemplate();
  #sized = false;
  #back = document.activeElement;
  #path = location.pathname + location.search;

  /**
   * @param {Request} request
   * @param {Frame | null} opener
   * @param {(outcome: Outcome) => void} settle
   * @param {(err: Error) => void} refuse
   */
  constructor(request, opener, settle, refuse) {
    this.opener = opener;
    this.openerOver = opener?.over ?? null;
    this.settle = settle;
    this.#layer.className = 'modal-layer';
    this.#layer.append(this.#modal);
    this.frame = openFrame({
      box: this.#box,
      opened: (frame) => this.#show(frame),
      resize: (width, height) => this.#resize(width, height),
      refused: (err) => {
        refuse(err);
        this.close();
      },
    }, request);
  }

  get #box() { return part(this.#modal, '.modal-frame'); }

  /** @param {number | undefined} width @param {number | undefined} height */
  #resize(width, height) {
    if (width !== undefined) this.#box.style.width = `${width}px`;
    if (height !== undefined) this.#box.style.height = `${height}px`;
  }

  /**
   * Shows the modal with nothing in it yet; comes again when the person tries again.
   * @param {Frame} frame
   */
  #show(frame) {
    const {info} = frame;
    if (!info || this.#sized) return;
    this.#sized = true;
    this.#resize(info.sizes.default_width, info.sizes.default_height);
    part(this.#modal, 'h2').textContent = info.title;
    const close = part(this.#modal, '.app-modal-close');
    close.setAttribute('aria-label', `Close ${info.title}`);
    close.addEventListener('click', () => this.close());
    sign(part(this.#modal, '.app-tile'), info.app);
    document.body.append(this.#layer);
    beneath(true);
    this.#modal.focus();
  }

  /** Whether the page it was opened on is there no more. */
  get left() { return this.#path !== location.pathname + location.search; }

  /** Takes the modal away, and tells whoever opened it. */
  close() {
    if (open !== this) return;
    open = null;
    this.frame.remove();
    this.#layer.remove();
    beneath(false);
    if (this.#back instanceof HTMLElement && this.#back.isConnected) this.#back.focus();
    // spec: surface.event.close-custom-modal
    if (this.#sized && this.opener && !this.openerOver?.aborted) this.opener.push('close_custom_modal', {});
    this.settle({status: 'closed'});
  }
}

/** @param {boolean} inert whether the page cannot be used */
function beneath(inert) {
  for (const part of document.querySelectorAll('.shell > .topbar, .shell > .rail, .shell > .stage')) /** @type {HTMLElement} */ (part).inert = inert;
}

/** @returns {HTMLElement} what stands around the iframe, as the host has written it */
function fromTemplate() {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById('app-modal-template'));
  return part(/** @type {DocumentFragment} */ (template.content.cloneNode(true)), '.app-modal');
}

/**
 * A part of the modal, which is always there.
 * @param {ParentNode} within
 * @param {string} selector
 */
function part(within, selector) {
  return /** @type {HTMLElement} */ (within.querySelector(selector));
}

/**
 * Shows an app's icon, or its initials.
 * @param {HTMLElement} tile
 * @param {{name: string, icon_url: string}} app
 */
function sign(tile, app) {
  tile.title = app.name;
  part(tile, '.avatar-initials').dataset.initials = app.name.trim().split(/\s+/).slice(0, 2).map((word) => [...word][0]?.toUpperCase()).join('');
  if (!app.icon_url) return;
  const img = document.createElement('img');
  img.alt = '';
  img.referrerPolicy = 'no-referrer';
  img.addEventListener('error', () => img.remove());
  img.src = app.icon_url;
  tile.append(img);
}

/** Whether something of the host lies above the page that a person has to answer first. */
function blocked() {
  return forming || document.querySelector('dialog:modal') !== null;
}

/**
 * Opens a custom modal.
 * spec: surface.modal
 * @param {Request} request
 * @param {Frame | null} opener null: a menu
 * @returns {Promise<Outcome>} after it is closed; rejects when it does not open
 */
function openCustom(request, opener) {
  if (open) throw new Refused(`another modal is open${open.frame.info ? `: ${open.frame.info.title}` : ''}; there is one at a time`);
  if (blocked()) throw new Refused('a dialog of the CRM is open; the person has to close it first');
  for (const menu of document.querySelectorAll('.menu:popover-open')) /** @type {HTMLElement} */ (menu).hidePopover();
  return new Promise((settle, refuse) => {
    open = new CustomModal(request, opener, settle, (err) => refuse(new Refused(err.message)));
  });
}

const types = /** @type {const} */ (['deal', 'organization', 'person', 'activity', 'json_modal', 'custom_modal']);

// spec: surface.command.open-modal
command('open_modal', (frame, args) => {
  const given = object(args);
  const type = word(given, 'type', types);
  if (type !== 'custom_modal' && type !== 'json_modal') return openHostForm(frame, type, given);
  // spec: surface.modal.inherit
  // spec: surface.modal.as-json
  return openCustom({
    client_id: frame.info?.app.client_id, action: text(given, 'action_id', 200), json: type === 'json_modal', data: dataOf(frame, given),
    view: frame.request.view, selected: frame.request.selected,
  }, frame);
});

/**
 * The data of a modal: an object. Values that are not texts travel as they are,
 * though the SDK's types have none.
 * spec: surface.modal.data
 * @param {Frame} frame
 * @param {Record<string, unknown>} given
 */
function dataOf(frame, given) {
  const data = maybeObject(given, 'data');
  const odd = Object.entries(data ?? {}).find(([, value]) => typeof value !== 'string');
  if (odd) frame.note({type: 'note', name: 'data of open_modal', error: `${odd[0]}: the SDK knows texts only, got ${show(odd[1])}; it was passed on`});
  return data;
}

/**
 * Opens a form of the host with what the app wants to be filled in.
 * @param {Frame} frame
 * @param {'deal' | 'organization' | 'person' | 'activity'} type
 * @param {Record<string, unknown>} given
 * @returns {Promise<Outcome>}
 */
async function openHostForm(frame, type, given) {
  if (blocked()) throw new Refused('another dialog is open; the person has to close it first');
  forming = true;
  try {
    const {url} = await ask('/_dockwright/surfaces/form', {type, prefill: maybeObject(given, 'prefill') ?? {}});
    if (frame.over.aborted) return {status: 'closed'};
    return await openForm(url, {stay: true});
  } catch (err) {
    throw err instanceof HostRefused ? new Refused(err.field ? `${err.field}: ${err.message}` : err.message) : err;
  } finally {
    forming = false;
  }
}

// The app is answered before its own modal goes.
// spec: surface.command.close-modal
command('close_modal', (frame) => {
  const mine = open;
  if (!mine?.frame.info || mine.frame.info.app.client_id !== frame.info?.app.client_id) throw new Refused('no custom modal of this app is open');
  setTimeout(() => mine.close());
});

// Entries of actions menus: the record of the page, or the rows that are ticked.
document.addEventListener('click', (e) => {
  const entry = e.target instanceof Element ? e.target.closest('[data-app-modal]') : null;
  if (!(entry instanceof HTMLElement)) return;
  const {appModal, view, record} = entry.dataset;
  const ticked = [...entry.closest('dw-bulk')?.querySelectorAll('input[name=id]:checked') ?? []].map((b) => Number(/** @type {HTMLInputElement} */ (b).value));
  const selected = record ? [Number(record)] : ticked;
  if (selected.length > mostRows) {
    toast(`An app takes at most ${mostRows} rows at once; ${selected.length} are chosen.`, {kind: 'danger'});
    return;
  }
  void (async () => {
    try {
      await openCustom({extension: appModal, view, selected}, null);
    } catch (err) {
      toast(err instanceof Error ? err.message : 'The app could not be opened.', {kind: 'danger'});
    }
  })();
});

document.addEventListener('keydown', (e) => {
  if (e.key !== 'Escape' || e.defaultPrevented || !open || document.querySelector('dialog:modal, .menu:popover-open')) return;
  e.preventDefault();
  open.close();
});

// A modal belongs to the page on which it was opened.
// spec: surface.modal.navigation
document.addEventListener('dw:swap', () => { if (open?.left) open.close(); });

// spec: surface.modal.revoked
document.addEventListener('dw:live', (e) => {
  const topics = /** @type {CustomEvent} */ (e).detail.topics ?? [];
  if (open && topics.includes('marketplace')) void stillAllowed(open);
});

/**
 * Closes a modal whose app the person may use no more.
 * @param {CustomModal} modal
 */
async function stillAllowed(modal) {
  const {info} = modal.frame;
  if (!info) return;
  try {
    await ask('/_dockwright/surfaces/token', {extension: info.extension});
  } catch (err) {
    if (!(err instanceof HostRefused) || err.status >= 500 || modal !== open) return;
    modal.close();
    toast(`${info.app.name} may not be used any more, so it was closed.`);
  }
}
