// Forms of records: in a dialog where a link asks for it, with rows to add and
// records to pick.
import {Behaviour} from './elements.js';
import {toast} from './feedback.js';
import {fetchPage} from './page.js';

/** The dialog in which forms open; made when first needed, outside of the page. */
function formDialog() {
  let dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById('form-dialog'));
  if (dialog) return dialog;
  dialog = document.createElement('dialog');
  dialog.id = 'form-dialog';
  dialog.className = 'dialog form-dialog';
  dialog.addEventListener('click', (e) => {
    if (!(e.target instanceof Element)) return;
    if (e.target.closest('[data-cancel]')) {
      e.preventDefault();
      e.stopPropagation();
      dialog?.close();
    }
  });
  dialog.addEventListener('close', () => dialog?.replaceChildren());
  dialog.addEventListener('dw:submitted', (e) => {
    if (/** @type {CustomEvent} */ (e).detail.ok) dialog?.close();
  });
  document.body.append(dialog);
  return dialog;
}

/** @typedef {{status: 'closed' | 'submitted', id?: number}} Outcome id is that of the record that was made */

/**
 * Opens the form at an address in the dialog. Without the form, the page is shown.
 * @param {string} url
 * @param {{stay?: boolean}} [options] stay: the page beneath remains, whatever the form leads to
 * @returns {Promise<Outcome>} after the dialog is closed
 */
export async function openForm(url, options = {}) {
  let answer;
  try {
    answer = await fetchPage(url, 'record-form');
  } catch (err) {
    console.info('form not opened', err);
    toast('The host cannot be reached, so the form did not open. Please try again.', {kind: 'danger'});
    return {status: 'closed'};
  }
  if (answer.kind !== 'page') {
    location.assign(url);
    return {status: 'closed'};
  }
  const dialog = formDialog();
  dialog.replaceChildren(...answer.elements);
  dialog.setAttribute('aria-labelledby', 'record-form-title');
  if (options.stay) for (const form of dialog.querySelectorAll('form')) form.setAttribute('data-stay', '');
  dialog.showModal();
  /** @type {HTMLElement | null} */ (dialog.querySelector('input:not([type=hidden]), select, textarea'))?.focus();
  return outcome(dialog);
}

/**
 * @param {HTMLDialogElement} dialog
 * @returns {Promise<Outcome>}
 */
function outcome(dialog) {
  return new Promise((resolve) => {
    /** @type {Outcome} */
    let ended = {status: 'closed'};
    const done = new AbortController();
    dialog.addEventListener('dw:submitted', (e) => {
      const {ok, created} = /** @type {CustomEvent} */ (e).detail;
      if (!ok) return;
      const id = Number(String(created).split(':')[1]);
      ended = {status: 'submitted', ...(id ? {id} : {})};
    }, {signal: done.signal});
    dialog.addEventListener('close', () => {
      done.abort();
      resolve(ended);
    }, {once: true});
  });
}

document.addEventListener('click', (e) => {
  if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || !(e.target instanceof Element)) return;
  const a = e.target.closest('a[data-dialog]');
  if (!(a instanceof HTMLAnchorElement)) return;
  e.preventDefault();
  e.stopPropagation();
  for (const open of document.querySelectorAll('[popover]:not([popover=manual]):popover-open')) /** @type {HTMLElement} */ (open).hidePopover();
  void openForm(a.href);
}, {capture: true});

/** Rows of inputs: more can be added, and any removed. */
class Rows extends Behaviour {
  /** @param {AbortSignal} signal */
  connected(signal) {
    this.addEventListener('click', (e) => {
      if (!(e.target instanceof Element)) return;
      if (e.target.closest('[data-add]')) this.add();
      const row = e.target.closest('[data-remove]')?.closest('.contact-row');
      if (row) this.remove_(row);
    }, {signal});
  }

  add() {
    const template = this.querySelector('template');
    const rows = this.querySelector('.rows');
    if (!template || !rows) return;
    rows.append(template.content.cloneNode(true));
    this.number();
    /** @type {HTMLElement | null} */ (rows.lastElementChild?.querySelector('input, select'))?.focus();
  }

  /** @param {Element} row */
  remove_(row) {
    if (this.querySelectorAll('.contact-row').length === 1 && this.dataset.bare === undefined) {
      for (const input of row.querySelectorAll('input')) if (input.type !== 'radio') input.value = '';
    } else row.remove();
    this.number();
    /** @type {HTMLElement | null} */ (this.querySelector('[data-add]'))?.focus();
  }

  /** The radio of each row says which row is the main one. */
  number() {
    this.querySelectorAll('input[type=radio]').forEach((radio, i) => { /** @type {HTMLInputElement} */ (radio).value = String(i); });
  }
}

/** @typedef {{id: string, title: string, detail: string}} Found */

/** An input that finds records while one types, and remembers the one chosen. */
class Picker extends Behaviour {
  static made = 0;
  #asked = 0;

  /** @param {AbortSignal} signal */
  connected(signal) {
    const input = this.input;
    // Rows that were added come without an id of their own.
    this.list.id ||= `pick-${++Picker.made}`;
    input.setAttribute('aria-controls', this.list.id);
    input.addEventListener('input', () => {
      this.hidden_.value = '';
      void this.find();
    }, {signal});
    input.addEventListener('keydown', (e) => this.key(e), {signal});
    input.addEventListener('blur', () => { this.close(); }, {signal});
    // The list is used with the mouse before the input loses the focus.
    this.list.addEventListener('mousedown', (e) => {
      e.preventDefault();
      const option = e.target instanceof Element ? e.target.closest('[role=option]') : null;
      if (option instanceof HTMLElement) this.choose(option);
    }, {signal});
  }

  get input() { return /** @type {HTMLInputElement} */ (this.querySelector('input[role=combobox]')); }
  get hidden_() { return /** @type {HTMLInputElement} */ (this.querySelector('input[type=hidden]')); }
  get list() { return /** @type {HTMLElement} */ (this.querySelector('[role=listbox]')); }

  async find() {
    const term = this.input.value.trim();
    const asked = ++this.#asked;
    if (term.length < 2) {
      this.close();
      return;
    }
    const query = new URLSearchParams({kind: this.dataset.kind ?? '', term});
    try {
      const response = await fetch('/records/pick?' + query.toString());
      if (!response.ok || asked !== this.#asked) return;
      this.show(/** @type {Found[]} */ (await response.json()));
    } catch {
      this.close(); // what was typed still counts
    }
  }

  /** @param {Found[]} found */
  show(found) {
    this.list.replaceChildren(...found.map((f, i) => {
      const option = document.createElement('li');
      option.id = `${this.list.id}-${i}`;
      option.className = 'menu-item';
      option.role = 'option';
      option.ariaSelected = 'false';
      option.dataset.id = f.id;
      const title = document.createElement('span');
      title.className = 'grow';
      title.textContent = f.title;
      const detail = document.createElement('span');
      detail.className = 'muted small';
      detail.textContent = f.detail;
      option.append(title, detail);
      return option;
    }));
    this.list.hidden = found.length === 0;
    this.input.ariaExpanded = String(found.length > 0);
    this.input.removeAttribute('aria-activedescendant');
  }

  close() {
    this.#asked++;
    this.show([]);
  }

  /** @param {KeyboardEvent} e */
  key(e) {
    const options = /** @type {HTMLElement[]} */ ([...this.list.children]);
    if (!options.length) return;
    const at = options.findIndex((o) => o.ariaSelected === 'true');
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      const next = options[(at + (e.key === 'ArrowDown' ? 1 : -1) + options.length + (at < 0 && e.key === 'ArrowUp' ? 1 : 0)) % options.length];
      for (const o of options) o.ariaSelected = String(o === next);
      if (next) this.input.setAttribute('aria-activedescendant', next.id);
      next?.scrollIntoView({block: 'nearest'});
    } else if (e.key === 'Enter' && options[at]) this.choose(/** @type {HTMLElement} */ (options[at]));
    else if (e.key === 'Escape') this.close();
    else return;
    e.preventDefault();
    e.stopPropagation();
  }

  /** @param {HTMLElement} option */
  choose(option) {
    this.hidden_.value = option.dataset.id ?? '';
    this.input.value = option.querySelector('.grow')?.textContent ?? '';
    this.close();
  }
}

/** Sends the form around it when a choice in it changes. */
class AutoSubmit extends Behaviour {
  /** @param {AbortSignal} signal */
  connected(signal) {
    this.closest('form')?.addEventListener('change', (e) => {
      if (e.target instanceof HTMLSelectElement || e.target instanceof HTMLInputElement) e.target.form?.requestSubmit();
    }, {signal});
  }
}

/** The form of a filter: each line offers what its field can be asked. */
class Filter extends Behaviour {
  /** @param {AbortSignal} signal */
  connected(signal) {
    this.addEventListener('change', () => { this.fit(); }, {signal});
    this.addEventListener('click', () => { queueMicrotask(() => { this.fit(); }); }, {signal});
    this.fit();
  }

  fit() {
    for (const row of this.querySelectorAll('.filter-row')) this.fitRow(row);
  }

  /** @param {Element} row */
  fitRow(row) {
    const field = /** @type {HTMLSelectElement | null} */ (row.querySelector('[data-field]'))?.selectedOptions[0];
    const operator = /** @type {HTMLSelectElement | null} */ (row.querySelector('[data-operator]'));
    const value = /** @type {HTMLInputElement | HTMLSelectElement | null} */ (row.querySelector('[data-value]'));
    if (!field || !operator || !value) return;
    const family = field.dataset.family ?? '';
    const word = operator.value;
    for (const option of operator.options) {
      option.hidden = option.disabled = family !== '' && !(option.dataset.families ?? '').split(' ').includes(family);
    }
    if (!operator.selectedOptions[0] || operator.selectedOptions[0].disabled) {
      const open = [...operator.options].filter((o) => !o.disabled);
      const same = open.find((o) => o.value === word) ?? open[0];
      if (same) same.selected = true;
    }
    operator.hidden = family === '';
    const control = this.control(value, field.dataset.choices || family, family);
    control.hidden = family === '' || operator.selectedOptions[0]?.dataset.bare !== undefined;
  }

  /**
   * The control for values of a kind, in place of the one that is there.
   * @param {HTMLInputElement | HTMLSelectElement} now
   * @param {string} kind
   * @param {string} family
   */
  control(now, kind, family) {
    if (kind === '' || now.dataset.kind === kind || (now.value.includes(',') && now instanceof HTMLInputElement && now.dataset.kind === family)) return now;
    const choices = /** @type {HTMLTemplateElement | null} */ (this.querySelector(`template[data-choices="${CSS.escape(kind)}"]`));
    const made = choices?.content.firstElementChild?.cloneNode(true);
    /** @type {HTMLInputElement | HTMLSelectElement} */
    let control;
    if (made instanceof HTMLSelectElement) control = made;
    else {
      const input = document.createElement('input');
      input.className = 'input';
      input.ariaLabel = 'Value';
      input.dataset.value = '';
      if (family === 'day') {
        input.setAttribute('list', 'filter-dates');
        input.placeholder = '2026-11-30 or this_month';
      } else if (family === 'number') input.inputMode = 'decimal';
      else if (family === 'hour') input.type = 'time';
      control = input;
    }
    control.dataset.kind = kind;
    control.name = now.name;
    now.replaceWith(control);
    return control;
  }
}

customElements.define('dw-autosubmit', AutoSubmit);
customElements.define('dw-filter', Filter);
customElements.define('dw-rows', Rows);
customElements.define('dw-picker', Picker);
