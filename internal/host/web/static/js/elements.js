// The custom elements of the design system. Each adds behaviour to what the
// server has rendered, and lets go of everything when it leaves the page.
import {announce, toast} from './feedback.js';
import {setSound, soundOn} from './notice.js';
import {chooseTheme} from './theme.js';

/** Listens while it is in the page. */
export class Behaviour extends HTMLElement {
  #gone = new AbortController();

  connectedCallback() {
    this.#gone = new AbortController();
    this.connected(this.#gone.signal);
  }

  disconnectedCallback() {
    this.#gone.abort();
  }

  /** @param {AbortSignal} _signal aborted when the element leaves the page */
  connected(_signal) {}
}

/** Shows initials where the picture cannot be loaded. */
class Avatar extends Behaviour {
  /** @param {AbortSignal} signal */
  connected(signal) {
    const img = this.querySelector('img');
    if (!img) return;
    const check = () => { this.toggle(img.complete && img.naturalWidth === 0); };
    img.addEventListener('error', () => this.toggle(true), {signal});
    img.addEventListener('load', check, {signal});
    if (img.complete && img.src) check();
  }

  #states = this.attachInternals().states;

  /** @param {boolean} broken */
  toggle(broken) {
    // A state, and not a class: a merge with the server's HTML leaves it alone.
    if (broken) this.#states.add('broken');
    else this.#states.delete('broken');
  }
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const forms = {
  time: {hour: '2-digit', minute: '2-digit'},
  date: {day: 'numeric', month: 'short', year: 'numeric'},
  short: {day: 'numeric', month: 'short'},
  full: {day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit'},
};

/** An instant in the reader's own time zone. */
class Time extends HTMLElement {
  static leaf = true;
  static observedAttributes = ['datetime', 'format'];
  #timer = 0;

  connectedCallback() {
    this.show();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  attributeChangedCallback() {
    if (this.isConnected) this.show();
  }

  show() {
    const stamp = this.getAttribute('datetime') ?? '';
    const at = new Date(stamp);
    if (Number.isNaN(at.getTime())) return;
    // A day without a time is the same day everywhere.
    const timeZone = stamp.length === '2026-11-30'.length ? 'UTC' : undefined;
    const write = (/** @type {string} */ form) => new Intl.DateTimeFormat(undefined, {...(forms[form] ?? forms.full), timeZone}).format(at);
    const format = this.getAttribute('format') ?? 'full';
    this.title = write(timeZone ? 'date' : 'full');
    clearTimeout(this.#timer);
    if (format === 'relative') {
      this.textContent = relative(at, write);
      this.#timer = setTimeout(() => this.show(), 30000);
    } else if (format === 'day') {
      this.textContent = write(at.toDateString() === new Date().toDateString() ? 'time' : 'short');
    } else this.textContent = write(format);
  }
}

/**
 * @param {Date} at
 * @param {(form: string) => string} write
 */
function relative(at, write) {
  const ago = (Date.now() - at.getTime()) / 1000;
  const words = new Intl.RelativeTimeFormat(undefined, {numeric: 'auto', style: 'short'});
  if (Math.abs(ago) < 45) return 'just now';
  if (Math.abs(ago) < hour) return words.format(-Math.round(ago / minute), 'minute');
  if (Math.abs(ago) < day) return words.format(-Math.round(ago / hour), 'hour');
  if (Math.abs(ago) < 7 * day) return words.format(-Math.round(ago / day), 'day');
  return write(at.getFullYear() === new Date().getFullYear() ? 'short' : 'date');
}

/** Copies a text or a field's value. */
class Copy extends Behaviour {
  /** @param {AbortSignal} signal */
  connected(signal) {
    const button = this.querySelector('button');
    button?.addEventListener('click', () => { void this.copy(button); }, {signal});
  }

  /** @param {HTMLButtonElement} button */
  async copy(button) {
    const from = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
    const text = from instanceof HTMLInputElement || from instanceof HTMLTextAreaElement ? from.value : from ? from.textContent : button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text ?? '');
    } catch {
      toast('The browser did not let it be copied; please select it and copy it by hand.', {kind: 'danger'});
      return;
    }
    const label = button.querySelector('span');
    const before = label?.textContent ?? '';
    if (label && before !== 'Copied') {
      label.textContent = 'Copied';
      setTimeout(() => { label.textContent = before; }, 1800);
    }
    announce('Copied');
  }
}

/** A button that opens the dialog beside it. */
class Dialog extends Behaviour {
  /** @param {AbortSignal} signal */
  connected(signal) {
    const dialog = this.querySelector('dialog');
    this.addEventListener('click', (e) => {
      if (!(e.target instanceof Element) || !dialog) return;
      if (e.target.closest('[data-open]')) dialog.showModal();
      else if (e.target.closest('[data-close]') || e.target === dialog) dialog.close();
    }, {signal});
  }
}

/** Tabs whose panels are all in the page. */
class Tabs extends Behaviour {
  /** @param {AbortSignal} signal */
  connected(signal) {
    const tabs = /** @type {HTMLElement[]} */ ([...this.querySelectorAll('[role="tab"]')]);
    for (const tab of tabs) tab.addEventListener('click', () => this.select(tabs, tab), {signal});
    this.querySelector('[role="tablist"]')?.addEventListener('keydown', (e) => {
      const step = {ArrowRight: 1, ArrowLeft: -1}[/** @type {KeyboardEvent} */ (e).key];
      const at = tabs.indexOf(/** @type {HTMLElement} */ (document.activeElement));
      if (!step || at < 0) return;
      const next = tabs[(at + step + tabs.length) % tabs.length];
      if (!next) return;
      this.select(tabs, next);
      next.focus();
    }, {signal});
  }

  /**
   * @param {HTMLElement[]} tabs
   * @param {HTMLElement} chosen
   */
  select(tabs, chosen) {
    for (const tab of tabs) {
      tab.setAttribute('aria-selected', String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute('aria-controls') ?? '');
      if (panel) panel.hidden = tab !== chosen;
    }
  }
}

/** Changes the theme at once, without loading the page again. */
class Theme extends Behaviour {
  /** @param {AbortSignal} signal */
  connected(signal) {
    this.querySelector('form')?.addEventListener('submit', (e) => {
      const form = /** @type {HTMLFormElement} */ (e.target);
      const chosen = /** @type {HTMLButtonElement | null} */ (/** @type {SubmitEvent} */ (e).submitter);
      if (!chosen) return;
      e.preventDefault();
      chooseTheme(chosen.value);
      const body = new URLSearchParams({theme: chosen.value, back: '/'});
      fetch(form.action, {method: 'POST', body, headers: {'Dockwright-Fragment': 'main'}}).catch((err) => {
        console.info('theme not saved', err);
        toast('The theme could not be saved; it holds until this page is closed.');
      });
    }, {signal});
  }
}

/** The switch for the sound; it is kept in this browser. */
class Sound extends Behaviour {
  /** @param {AbortSignal} signal */
  connected(signal) {
    const box = this.querySelector('input');
    if (!box) return;
    box.checked = soundOn();
    box.addEventListener('change', () => setSound(box.checked), {signal});
  }
}

customElements.define('dw-avatar', Avatar);
customElements.define('dw-time', Time);
customElements.define('dw-copy', Copy);
customElements.define('dw-dialog', Dialog);
customElements.define('dw-tabs', Tabs);
customElements.define('dw-theme', Theme);
customElements.define('dw-sound', Sound);
