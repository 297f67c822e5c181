// The search field in the top bar: what is found shows below it while one types.
import {Behaviour} from './elements.js';
import {announce} from './feedback.js';
import {fetchPage} from './page.js';

const pause = 140; // ms without a key before the host is asked

class Search extends Behaviour {
  #asked = 0;
  #timer = 0;

  /** @param {AbortSignal} signal */
  connected(signal) {
    const {input, menu} = this;
    input.addEventListener('input', () => this.typed(), {signal});
    input.addEventListener('focus', () => { if (menu.hasChildNodes() && input.value.trim().length > 1) this.show(true); }, {signal});
    input.addEventListener('blur', () => this.show(false), {signal});
    input.addEventListener('keydown', (e) => this.key(e), {signal});
    this.addEventListener('submit', () => this.close(), {signal});
    // The menu is used with the mouse before the field loses the focus.
    menu.addEventListener('mousedown', (e) => e.preventDefault(), {signal});
    menu.addEventListener('click', () => {
      this.close();
      input.blur();
    }, {signal});
    signal.addEventListener('abort', () => clearTimeout(this.#timer));
  }

  get input() { return /** @type {HTMLInputElement} */ (this.querySelector('input')); }
  get menu() { return /** @type {HTMLElement} */ (this.querySelector('[role=listbox]')); }
  get options() { return /** @type {HTMLElement[]} */ ([...this.menu.querySelectorAll('[role=option]')]); }

  typed() {
    clearTimeout(this.#timer);
    this.#asked++;
    if (this.input.value.trim().length < 2) this.close();
    else this.#timer = setTimeout(() => { void this.find(); }, pause);
  }

  async find() {
    const asked = this.#asked;
    const query = new URLSearchParams({few: '1', term: this.input.value.trim()});
    try {
      const answer = await fetchPage('/search?' + query.toString(), 'search-menu');
      if (asked !== this.#asked || answer.kind !== 'page' || answer.status >= 400) return;
      this.menu.replaceChildren(...(answer.elements[0]?.children ?? []));
      this.show(document.activeElement === this.input);
      announce(`${this.options.length - 1} found`);
    } catch {
      this.close(); // Enter still leads to the page
    }
  }

  /** @param {boolean} on */
  show(on) {
    this.menu.hidden = !on;
    this.input.ariaExpanded = String(on);
    this.mark(null);
  }

  close() {
    clearTimeout(this.#timer);
    this.#asked++;
    this.menu.replaceChildren();
    this.show(false);
  }

  /** @param {HTMLElement | null} option */
  mark(option) {
    for (const o of this.options) o.ariaSelected = String(o === option);
    if (option) this.input.setAttribute('aria-activedescendant', option.id);
    else this.input.removeAttribute('aria-activedescendant');
    option?.scrollIntoView({block: 'nearest'});
  }

  /** @param {KeyboardEvent} e */
  key(e) {
    const {options} = this;
    if (this.menu.hidden || options.length === 0) return;
    const at = options.findIndex((o) => o.ariaSelected === 'true');
    if (e.key === 'ArrowDown') this.mark(options[(at + 1) % options.length] ?? null);
    else if (e.key === 'ArrowUp') this.mark(options[(at < 0 ? options.length : at) - 1] ?? options.at(-1) ?? null);
    else if (e.key === 'Enter' && options[at]) options[at]?.click();
    else if (e.key === 'Escape') this.show(false);
    else return;
    e.preventDefault();
  }
}

customElements.define('dw-search', Search);
