// The Inspector: the list follows the filter while one types, and instants are
// shown to the millisecond.
import {visit} from './shell.js';

const typingPause = 250; // ms

class ExchangeFilter extends HTMLElement {
  /** @type {AbortController | null} */
  #listening = null;
  #timer = 0;

  connectedCallback() {
    const {signal} = this.#listening = new AbortController();
    this.addEventListener('input', (e) => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#apply(), e.target instanceof HTMLInputElement ? typingPause : 0);
    }, {signal});
    this.addEventListener('submit', (e) => {
      e.preventDefault();
      this.#apply();
    }, {signal});
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#listening?.abort();
  }

  /** Fetches the list only: what is being typed stays as it is. */
  #apply() {
    clearTimeout(this.#timer);
    const form = this.querySelector('form');
    if (!form) return;
    const url = new URL(form.action);
    for (const [name, value] of new FormData(form)) if (value !== '') url.searchParams.set(name, String(value));
    void visit(url.href, {fragment: 'exchange-list', entry: 'replace'});
  }
}

class Stamp extends HTMLElement {
  static leaf = true;
  static observedAttributes = ['datetime'];

  connectedCallback() {
    this.#show();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#show();
  }

  #show() {
    const at = new Date(this.getAttribute('datetime') ?? '');
    if (Number.isNaN(at.getTime())) return;
    const today = at.toDateString() === new Date().toDateString();
    /** @type {Intl.DateTimeFormatOptions} */
    const form = today
      ? {hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hour12: false}
      : {day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hour12: false};
    this.textContent = new Intl.DateTimeFormat(undefined, form).format(at);
    this.title = at.toLocaleString();
  }
}

customElements.define('dw-exchange-filter', ExchangeFilter);
customElements.define('dw-stamp', Stamp);
