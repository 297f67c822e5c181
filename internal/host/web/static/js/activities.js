// The calendar by keyboard and with clicks on empty hours, and where the focus goes
// when an activity that was marked as done leaves its list.
import {Behaviour} from './elements.js';
import {openForm} from './records.js';
import {visit} from './shell.js';

/** A week or a month. */
class Calendar extends Behaviour {
  /** @param {AbortSignal} signal */
  connected(signal) {
    this.addEventListener('keydown', (e) => this.key(e), {signal});
    this.addEventListener('click', (e) => this.addAt(e), {signal});
  }

  /** @param {KeyboardEvent} e */
  key(e) {
    if (e.altKey || e.ctrlKey || e.metaKey || e.shiftKey) return;
    if (e.key === 'PageUp' || e.key === 'PageDown') {
      const to = document.querySelector(`[data-step="${e.key === 'PageUp' ? 'back' : 'on'}"]`);
      if (!(to instanceof HTMLAnchorElement)) return;
      e.preventDefault();
      void visit(to.href);
      return;
    }
    const now = document.activeElement;
    const day = now?.closest('.cal-day');
    if (!now || !day) return;
    let next;
    if (e.key === 'ArrowUp' || e.key === 'ArrowDown') {
      const here = stops(day);
      next = here[here.indexOf(/** @type {HTMLElement} */ (now)) + (e.key === 'ArrowUp' ? -1 : 1)];
    } else if (e.key === 'ArrowLeft' || e.key === 'ArrowRight') {
      const days = [...this.querySelectorAll('.cal-day')];
      const beside = days[days.indexOf(day) + (e.key === 'ArrowLeft' ? -1 : 1)];
      if (beside) next = nearest(stops(beside), now);
    } else return;
    e.preventDefault();
    next?.focus();
  }

  /** A click on an empty hour adds an activity there. @param {MouseEvent} e */
  addAt(e) {
    const hours = e.target;
    if (!(hours instanceof HTMLElement) || !hours.matches('.cal-hours') || getComputedStyle(hours).display !== 'grid') return;
    const add = hours.closest('.cal-day')?.querySelector('.cal-add');
    const first = this.querySelector('.cal-clock span')?.textContent ?? '';
    if (!(add instanceof HTMLAnchorElement)) return;
    const row = parseFloat(getComputedStyle(hours).gridAutoRows);
    const half = Math.floor((e.clientY - hours.getBoundingClientRect().top) / row) + 2 * parseInt(first, 10);
    const url = new URL(add.href);
    url.searchParams.set('due_time', `${String(Math.floor(half / 2)).padStart(2, '0')}:${half % 2 ? '30' : '00'}`);
    void openForm(url.href);
  }
}

/** @param {Element} day @returns {HTMLElement[]} */
function stops(day) {
  return [.../** @type {NodeListOf<HTMLElement>} */ (day.querySelectorAll('.cal-add, .cal-event, .cal-more'))];
}

/** @param {HTMLElement[]} list @param {Element} to */
function nearest(list, to) {
  const top = to.getBoundingClientRect().top;
  let best = list[0];
  for (const e of list) {
    if (best && Math.abs(e.getBoundingClientRect().top - top) < Math.abs(best.getBoundingClientRect().top - top)) best = e;
  }
  return best;
}

/** Where the box stood that was checked last. @type {{form: Element, list: string, at: number} | null} */
let checked = null;

document.addEventListener('submit', (e) => {
  const form = e.target;
  if (!(form instanceof HTMLFormElement) || !form.matches('.done-form')) return;
  const list = form.closest('[data-live]');
  if (list) checked = {form, list: list.id, at: [...list.querySelectorAll('.done-form')].indexOf(form)};
}, {capture: true});

document.addEventListener('dw:swap', () => {
  if (!checked) return;
  const {form, list, at} = checked;
  if (form.isConnected) return;
  checked = null;
  if (document.activeElement && document.activeElement !== document.body) return;
  const left = document.querySelectorAll(`#${CSS.escape(list)} .done-button`);
  const next = left[Math.min(at, left.length - 1)] ?? document.querySelector('main');
  if (next instanceof HTMLElement) next.focus();
});

customElements.define('dw-calendar', Calendar);
