// Panels of apps in the sidebar of a record, and settings pages of apps: iframes
// that belong to the page and end with it. Their order is a matter of CSS, because
// an iframe that is moved in the document loads again.
import {ask} from './ask.js';
import {Behaviour} from './elements.js';
import {announce, toast} from './feedback.js';
import {openFrame} from './frames.js';

/** @typedef {import('./frames.js').Frame} Frame */

const slack = 6; // px that a pointer may tremble before a panel is lifted

/** One panel. It is loaded when it is seen for the first time. */
class Panel extends HTMLElement {
  /** @type {Frame | null} */
  #frame = null;

  connectedCallback() {
    this.load();
  }

  /** A move within the document is not the end of the iframe. */
  connectedMoveCallback() {}

  disconnectedCallback() {
    this.#frame?.remove();
    this.#frame = null;
  }

  get body() { return /** @type {HTMLElement} */ (this.querySelector('.panel-body')); }
  get toggle() { return /** @type {HTMLElement} */ (this.querySelector('.panel-toggle')); }
  get collapsed() { return this.hasAttribute('data-collapsed'); }
  get away() { return this.hasAttribute('data-hidden'); }
  get extension() { return this.dataset.extension ?? ''; }
  get name() { return this.dataset.title ?? ''; }

  /** Where it stands among the panels; those that have not been placed come first. */
  get place() { return this.style.order ? Number(this.style.order) : Number(this.dataset.place) - 1000; }
  set place(n) { this.style.order = String(n); }

  // spec: surface.panel.collapsed
  load() {
    if (this.#frame || this.collapsed || this.away || this.hasAttribute('data-locked')) return;
    const all = /** @type {HTMLElement | null} */ (this.closest('dw-panels'));
    const {body} = this;
    this.#frame = openFrame({
      box: body,
      resize: (_, height) => { if (height !== undefined) body.style.height = `${height}px`; },
      ready: () => { body.style.height ||= `${this.#frame?.info?.sizes.default_height}px`; },
    }, {extension: this.extension, view: all?.dataset.view, selected: [Number(all?.dataset.record)]});
  }

  /** @param {boolean} on */
  collapse(on) {
    this.toggleAttribute('data-collapsed', on);
    this.toggle.setAttribute('aria-expanded', String(!on));
    this.tell(!on);
  }

  /** @param {boolean} on */
  hide(on) {
    this.toggleAttribute('data-hidden', on);
    this.tell(!on && !this.collapsed);
  }

  /**
   * Loads what is seen for the first time, and tells an app that was there before.
   * spec: surface.event.visibility
   * @param {boolean} seen
   */
  tell(seen) {
    if (this.#frame) this.#frame.push('visibility', {data: {is_visible: seen}});
    else this.load();
  }
}

/** @typedef {{panel: Panel, x: number, y: number, pointer: number, before: Panel[] | null}} Press before is the order when it was lifted */

/**
 * The panels of a record's page.
 * spec: surface.panel.arrange
 */
class Panels extends Behaviour {
  /** @type {Press | null} */
  #press = null;
  #dragged = false;
  #saving = Promise.resolve();

  /** @param {AbortSignal} signal */
  connected(signal) {
    this.addEventListener('click', (e) => this.clicked(e), {signal});
    this.addEventListener('pointerdown', (e) => this.down(e), {signal});
    document.addEventListener('pointermove', (e) => this.moved(e), {signal});
    document.addEventListener('pointerup', () => this.up(), {signal});
    document.addEventListener('pointercancel', () => this.back(), {signal});
    document.addEventListener('keydown', (e) => { if (e.key === 'Escape') this.back(); }, {signal});
    document.addEventListener('dw:merged', () => this.settle(), {signal});
    signal.addEventListener('abort', () => this.back());
    this.settle();
  }

  /** In the order in which they are seen, hidden ones among them. */
  get panels() {
    return /** @type {Panel[]} */ ([...this.querySelectorAll('dw-panel')]).sort((a, b) => a.place - b.place);
  }

  get shown() { return this.panels.filter((p) => !p.away); }

  /** Gives every panel its place; the host may have brought new ones. */
  settle() {
    this.arrange(this.panels);
  }

  /** @param {Panel[]} panels */
  arrange(panels) {
    panels.forEach((p, i) => { p.place = i; });
    const shown = this.shown;
    for (const p of panels) {
      const at = shown.indexOf(p);
      for (const [word, no] of /** @type {[string, boolean][]} */ ([['up', at <= 0], ['down', at === shown.length - 1]])) {
        const b = p.querySelector(`[data-panel=${word}]`);
        if (b instanceof HTMLButtonElement) b.disabled = no;
      }
    }
    this.showHidden(panels.filter((p) => p.away));
  }

  /**
   * The line that says what is hidden, and brings it back.
   * @param {Panel[]} hidden
   */
  showHidden(hidden) {
    const line = /** @type {HTMLElement | null} */ (this.querySelector('.panels-hidden'));
    if (!line) return;
    line.hidden = hidden.length === 0;
    line.replaceChildren(hidden.length === 1 ? '1 hidden panel:' : `${hidden.length} hidden panels:`);
    for (const p of hidden) {
      const b = document.createElement('button');
      b.type = 'button';
      b.className = 'button quiet small';
      b.textContent = p.name;
      b.setAttribute('aria-label', `Show the panel ${p.name} again`);
      b.dataset.bring = p.id;
      line.append(b);
    }
  }

  /** @param {MouseEvent} e */
  clicked(e) {
    if (!(e.target instanceof Element)) return;
    const bring = e.target.closest('[data-bring]')?.getAttribute('data-bring');
    if (bring) {
      this.hide(/** @type {Panel | null} */ (document.getElementById(bring)), false);
      return;
    }
    const panel = /** @type {Panel | null} */ (e.target.closest('dw-panel'));
    if (!panel) return;
    if (e.target.closest('.panel-toggle')) {
      if (this.#dragged) return;
      panel.collapse(!panel.collapsed);
      this.save();
      return;
    }
    const word = e.target.closest('[data-panel]')?.getAttribute('data-panel');
    if (!word) return;
    for (const menu of panel.querySelectorAll('[popover]:popover-open')) /** @type {HTMLElement} */ (menu).hidePopover();
    if (word === 'hide') this.hide(panel, true);
    else this.step(panel, word === 'up' ? -1 : 1);
  }

  /**
   * @param {Panel | null} panel
   * @param {boolean} on
   */
  hide(panel, on) {
    if (!panel) return;
    panel.hide(on);
    this.arrange(this.panels);
    announce(on ? `${panel.name} is hidden` : `${panel.name} is shown again`);
    if (on) /** @type {HTMLElement | null} */ (this.querySelector(`[data-bring="${panel.id}"]`))?.focus();
    else panel.toggle.focus();
    this.save();
  }

  /**
   * @param {Panel} panel
   * @param {number} by
   */
  step(panel, by) {
    const {shown, panels} = this;
    const other = shown[shown.indexOf(panel) + by];
    if (!other) return;
    const [a, b] = [panels.indexOf(panel), panels.indexOf(other)];
    panels.splice(a, 1);
    panels.splice(b, 0, panel);
    this.arrange(panels);
    announce(`${panel.name} is now ${this.shown.indexOf(panel) + 1} of ${shown.length}`);
    this.save();
  }

  // Dragging by the header. A finger scrolls the page instead; it uses the menu.

  /** @param {PointerEvent} e */
  down(e) {
    this.#dragged = false;
    const head = e.target instanceof Element && !e.target.closest('.icon-button, .menu') ? e.target.closest('.panel-head') : null;
    const panel = /** @type {Panel | null} */ (head?.closest('dw-panel'));
    if (!panel || e.button !== 0 || e.pointerType === 'touch') return;
    this.#press = {panel, x: e.clientX, y: e.clientY, pointer: e.pointerId, before: null};
  }

  /** @param {PointerEvent} e */
  moved(e) {
    const press = this.#press;
    if (!press || e.pointerId !== press.pointer) return;
    if (!press.before) {
      if (Math.hypot(e.clientX - press.x, e.clientY - press.y) <= slack) return;
      press.before = this.panels;
      press.panel.classList.add('lifted');
      document.documentElement.classList.add('dragging', 'frames-shielded');
      this.#dragged = true;
    }
    e.preventDefault();
    const others = this.shown.filter((p) => p !== press.panel);
    const at = others.filter((p) => {
      const box = p.getBoundingClientRect();
      return box.top + box.height / 2 < e.clientY;
    }).length;
    if (this.shown.indexOf(press.panel) === at) return;
    const panels = this.panels.filter((p) => p !== press.panel);
    const next = others[at];
    panels.splice(next ? panels.indexOf(next) : panels.length, 0, press.panel);
    this.arrange(panels);
  }

  up() {
    const press = this.drop();
    if (!press?.before) return;
    const moved = press.before.some((p, i) => this.panels[i] !== p);
    if (moved) this.save();
  }

  /** The panel goes back to where it was lifted. */
  back() {
    const before = this.drop()?.before;
    if (before) this.arrange(before);
  }

  drop() {
    const press = this.#press;
    this.#press = null;
    press?.panel.classList.remove('lifted');
    if (press?.before) document.documentElement.classList.remove('dragging', 'frames-shielded');
    return press;
  }

  /** Remembers the order and the state of all; one after the other, so that the last counts. */
  save() {
    const body = {
      view: this.dataset.view,
      panels: this.panels.map((p) => ({extension: p.extension, collapsed: p.collapsed, hidden: p.away})),
    };
    this.#saving = this.#saving.then(() => ask('/_dockwright/surfaces/panels', body)).catch((err) => {
      console.info('panels not remembered', err);
      toast('How you arranged the panels could not be saved; it holds until this page is left.');
    });
  }
}

/** The settings page of an app. */
class Settings extends HTMLElement {
  /** @type {Frame | null} */
  #frame = null;

  connectedCallback() {
    if (this.#frame) return;
    const {extension, context} = this.dataset;
    this.#frame = openFrame({
      box: this,
      resize: (_, height) => { if (height !== undefined) this.style.height = `${height}px`; },
      opened: (frame) => { this.style.height ||= `${frame.info?.sizes.default_height}px`; },
    }, {extension, ...(context ? {context: JSON.parse(context)} : {})});
  }

  connectedMoveCallback() {}

  disconnectedCallback() {
    this.#frame?.remove();
    this.#frame = null;
  }
}

customElements.define('dw-panel', Panel);
customElements.define('dw-panels', Panels);
customElements.define('dw-settings', Settings);
