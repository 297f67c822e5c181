// The board of deals: cards are moved with the mouse, with a finger held down on
// them, with the keyboard, or by a menu. A card goes to its new place at once and
// comes back if the host refuses. And lists of which rows can be chosen.
import {Behaviour} from './elements.js';
import {announce, confirm, toast} from './feedback.js';
import {merge} from './merge.js';
import {fetchPage, root} from './page.js';
import {openForm} from './records.js';

const slack = 6; // px that a pointer may tremble before a card is lifted
const hold = 350; // ms that a finger rests on a card to lift it; less is scrolling
const edge = 56; // px at the sides in which the board scrolls while one drags

/** @typedef {{card: HTMLElement, x: number, y: number, pointer: number, touch: boolean, timer: number}} Press */
/** @typedef {{card: HTMLElement, ghost: HTMLElement, dx: number, dy: number, x: number, y: number, over: HTMLElement | null, frame: number}} Drag */

class Board extends Behaviour {
  /** @type {Press | null} */
  #press = null;
  /** @type {Drag | null} */
  #drag = null;
  /** The card that the menu is open for. */
  #chosen = '';

  /** @param {AbortSignal} signal */
  connected(signal) {
    this.addEventListener('pointerdown', (e) => this.down(e), {signal});
    document.addEventListener('pointermove', (e) => this.moved(e), {signal});
    document.addEventListener('pointerup', () => this.up(), {signal});
    document.addEventListener('pointercancel', () => this.end(), {signal});
    this.addEventListener('dragstart', (e) => e.preventDefault(), {signal});
    this.addEventListener('contextmenu', (e) => { if (this.#drag || this.#press?.touch) e.preventDefault(); }, {signal});
    // A page that scrolls under the finger would take the pointer away.
    document.addEventListener('touchmove', (e) => { if (this.#drag) e.preventDefault(); }, {signal, passive: false});
    this.addEventListener('keydown', (e) => this.key(e), {signal});
    document.addEventListener('keydown', (e) => { if (e.key === 'Escape' && this.#drag) this.end(); }, {signal});
    this.addEventListener('click', (e) => this.clicked(e), {signal});
    signal.addEventListener('abort', () => this.end());
  }

  get zones() { return /** @type {HTMLElement} */ (this.querySelector('.board-zones')); }
  get menu() { return /** @type {HTMLElement} */ (this.querySelector('#board-move')); }
  get columns() { return /** @type {HTMLElement[]} */ ([...this.querySelectorAll('.board-column')]); }

  /** @param {string} deal */
  card(deal) { return /** @type {HTMLElement | null} */ (this.querySelector(`#deal-${deal}`)); }

  // Dragging

  /** @param {PointerEvent} e */
  down(e) {
    const card = e.target instanceof Element && !e.target.closest('button, .menu') ? e.target.closest('.board-card') : null;
    if (!(card instanceof HTMLElement) || e.button !== 0 || !e.isPrimary || this.#drag) return;
    const touch = e.pointerType !== 'mouse';
    this.#press = {card, x: e.clientX, y: e.clientY, pointer: e.pointerId, touch, timer: touch ? setTimeout(() => this.lift(), hold) : 0};
  }

  /** @param {PointerEvent} e */
  moved(e) {
    const press = this.#press;
    if (press && e.pointerId === press.pointer && Math.hypot(e.clientX - press.x, e.clientY - press.y) > slack) {
      if (press.touch) this.release();
      else this.lift();
    }
    const drag = this.#drag;
    if (!drag) return;
    e.preventDefault();
    drag.x = e.clientX;
    drag.y = e.clientY;
    this.follow(drag);
  }

  release() {
    clearTimeout(this.#press?.timer);
    this.#press = null;
  }

  lift() {
    const press = this.#press;
    this.release();
    if (!press?.card.isConnected) return;
    const {card} = press;
    const box = card.getBoundingClientRect();
    const ghost = /** @type {HTMLElement} */ (card.cloneNode(true));
    ghost.removeAttribute('id');
    ghost.classList.add('board-ghost');
    ghost.style.width = `${box.width}px`;
    document.body.append(ghost);
    card.classList.add('lifted');
    this.zones.hidden = false;
    root.classList.add('dragging');
    const drag = this.#drag = {card, ghost, dx: press.x - box.left, dy: press.y - box.top, x: press.x, y: press.y, over: /** @type {HTMLElement | null} */ (null), frame: 0};
    this.follow(drag);
    this.scrollWith(drag);
  }

  /** @param {Drag} drag */
  follow(drag) {
    drag.ghost.style.transform = `translate(${drag.x - drag.dx}px, ${drag.y - drag.dy}px) rotate(1.5deg)`;
    const under = document.elementFromPoint(drag.x, drag.y)?.closest('.board-zone, .board-column');
    const over = under instanceof HTMLElement && this.contains(under) ? under : null;
    if (over === drag.over) return;
    drag.over?.classList.remove('over');
    over?.classList.add('over');
    drag.over = over;
  }

  /**
   * Scrolls sideways while the card is at a side, and the column while it is at
   * its top or end.
   * @param {Drag} drag
   */
  scrollWith(drag) {
    const pane = this.querySelector('.board');
    if (this.#drag !== drag || !pane) return;
    push(pane, 'x', drag.x);
    const list = drag.over?.querySelector('.board-list');
    if (list) push(list, 'y', drag.y);
    drag.frame = requestAnimationFrame(() => this.scrollWith(drag));
  }

  up() {
    this.release();
    const drag = this.#drag;
    if (!drag) return;
    const {over} = drag;
    const deal = drag.card.dataset.deal ?? '';
    this.end();
    // The click that follows would open the deal.
    const stop = (/** @type {Event} */ e) => { e.preventDefault(); e.stopPropagation(); };
    document.addEventListener('click', stop, {capture: true, once: true});
    setTimeout(() => document.removeEventListener('click', stop, {capture: true}), 60);
    if (over?.dataset.zone) void this.close(deal, over.dataset.zone);
    else if (over?.dataset.stage) void this.move(deal, over.dataset.stage);
  }

  end() {
    this.release();
    const drag = this.#drag;
    this.#drag = null;
    if (!drag) return;
    cancelAnimationFrame(drag.frame);
    drag.ghost.remove();
    drag.over?.classList.remove('over');
    drag.card.classList.remove('lifted');
    if (this.isConnected) this.zones.hidden = true;
    root.classList.remove('dragging');
  }

  // Keyboard and menu

  /** @param {KeyboardEvent} e */
  key(e) {
    const card = e.target instanceof HTMLAnchorElement ? e.target.closest('.board-card') : null;
    if (!(card instanceof HTMLElement) || e.ctrlKey || e.metaKey || e.altKey) return;
    const cards = (/** @type {HTMLElement} */ column) => /** @type {HTMLElement[]} */ ([...column.querySelectorAll('.board-card')]);
    const columns = this.columns;
    const at = columns.findIndex((c) => c.contains(card));
    const own = columns[at];
    if (!own) return;
    const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1}[e.key];
    if (!step) return;
    e.preventDefault();
    const row = cards(own).indexOf(card);
    if (e.key === 'ArrowUp' || e.key === 'ArrowDown') {
      focus(cards(own)[row + step]);
      return;
    }
    if (e.shiftKey) {
      const stage = columns[at + step]?.dataset.stage;
      if (stage) void this.move(card.dataset.deal ?? '', stage, true);
      else announce('There is no stage on this side.');
      return;
    }
    for (let i = at + step; columns[i]; i += step) {
      const there = cards(/** @type {HTMLElement} */ (columns[i]));
      if (there.length === 0) continue;
      focus(there[Math.min(row, there.length - 1)]);
      return;
    }
  }

  /** @param {MouseEvent} e */
  clicked(e) {
    if (!(e.target instanceof Element)) return;
    const more = e.target.closest('[data-more]');
    const card = more?.closest('.board-card');
    if (more && card instanceof HTMLElement) {
      this.#chosen = card.dataset.deal ?? '';
      this.open(more, card);
      return;
    }
    const item = e.target.closest('#board-move button');
    if (!(item instanceof HTMLElement)) return;
    this.menu.hidePopover();
    if (item.dataset.to) void this.move(this.#chosen, item.dataset.to, true);
    else if (item.dataset.do) void this.close(this.#chosen, item.dataset.do);
  }

  /**
   * @param {Element} opener
   * @param {HTMLElement} card
   */
  open(opener, card) {
    const here = card.closest('.board-column');
    for (const b of this.menu.querySelectorAll('[data-to]')) {
      if (b instanceof HTMLButtonElement) b.disabled = here instanceof HTMLElement && b.dataset.to === here.dataset.stage;
    }
    this.menu.showPopover();
    const by = opener.getBoundingClientRect();
    const {width, height} = this.menu.getBoundingClientRect();
    this.menu.style.left = `${Math.max(8, Math.min(by.right - width, innerWidth - width - 8))}px`;
    this.menu.style.top = `${Math.max(8, by.bottom + 4 + height <= innerHeight - 8 ? by.bottom + 4 : by.top - height - 4)}px`;
    /** @type {HTMLElement | null} */ (this.menu.querySelector('button:not(:disabled)'))?.focus();
  }

  // What is done

  /**
   * Moves a card to a stage, and back if the host refuses.
   * @param {string} deal
   * @param {string} stage
   * @param {boolean} [keyboard] the card keeps the focus
   */
  async move(deal, stage, keyboard = false) {
    const card = this.card(deal);
    const list = this.querySelector(`#stage-${stage}-cards`);
    const column = this.querySelector(`#stage-${stage}`);
    if (!card || !list || !(column instanceof HTMLElement)) return;
    if (card.parentElement === list) {
      if (keyboard) focus(card);
      return;
    }
    const from = card.parentElement;
    const before = card.nextElementSibling;
    list.prepend(card);
    list.scrollTop = 0;
    if (keyboard) focus(card);
    const title = card.dataset.title ?? 'The deal';
    if (await this.post(`/deals/${deal}/move`, {stage}, title)) {
      announce(`${title}: moved to ${column.dataset.name ?? ''}.`);
      return;
    }
    const now = this.card(deal);
    if (now && from?.isConnected) from.insertBefore(now, before?.parentElement === from ? before : null);
    if (now && keyboard) focus(now);
  }

  /**
   * Wins, loses or deletes.
   * @param {string} deal
   * @param {string} how
   */
  async close(deal, how) {
    const card = this.card(deal);
    if (!card) return;
    const title = card.dataset.title ?? 'The deal';
    if (how === 'lost') {
      await openForm(`/deals/${deal}/lost?back=${encodeURIComponent(location.pathname + location.search)}`);
      return;
    }
    if (how === 'delete' && !(await confirm(`Delete “${title}”? What was linked to it stays.`, 'Delete'))) return;
    card.hidden = true;
    if (await this.post(`/deals/${deal}/${how}`, {}, title)) {
      toast(how === 'won' ? `${title}: won.` : `${title}: deleted.`);
      return;
    }
    const now = this.card(deal);
    if (now) now.hidden = false;
  }

  /**
   * @param {string} url
   * @param {Record<string, string>} values
   * @param {string} title
   * @returns {Promise<boolean>} whether it was done; why not is said
   */
  async post(url, values, title) {
    try {
      const answer = await fetchPage(url, 'main', {method: 'POST', body: new URLSearchParams(values)});
      if (answer.kind === 'problem') {
        toast(`${title} was not moved: ${answer.message}`, {kind: 'danger'});
        announce(`${title} was not moved: ${answer.message}`);
        return false;
      }
    } catch (err) {
      console.info('card not moved', err);
      toast('The host cannot be reached, so this was perhaps not done.', {kind: 'danger'});
      return false;
    }
    if (root.dataset.live !== 'on') await this.refresh();
    return true;
  }

  /** Fetches the board when nobody tells that it changed. */
  async refresh() {
    const answer = await fetchPage(location.href, 'board').catch(() => null);
    const have = this.querySelector('#board');
    if (answer?.kind === 'page' && answer.elements[0] && have) merge(have, answer.elements[0]);
  }
}

/** @param {HTMLElement | undefined} card */
function focus(card) {
  const link = card?.querySelector('a');
  link?.focus({preventScroll: true});
  link?.scrollIntoView({block: 'nearest', inline: 'nearest'});
}

/**
 * Scrolls an element if a point is near one of its ends.
 * @param {Element} e
 * @param {'x' | 'y'} axis
 * @param {number} at
 */
function push(e, axis, at) {
  const box = e.getBoundingClientRect();
  const [start, end] = axis === 'x' ? [box.left, box.right] : [box.top, box.bottom];
  const by = at < start + edge ? -Math.min(14, (start + edge - at) / 3) : at > end - edge ? Math.min(14, (at - end + edge) / 3) : 0;
  if (by && axis === 'x') e.scrollLeft += by;
  else if (by) e.scrollTop += by;
}

/** Rows that can be chosen: all at once, and how many are. */
class Bulk extends Behaviour {
  /** @param {AbortSignal} signal */
  connected(signal) {
    this.addEventListener('change', (e) => {
      const box = e.target;
      if (!(box instanceof HTMLInputElement) || box.type !== 'checkbox') return;
      if (box.hasAttribute('data-all')) for (const b of this.boxes) b.checked = box.checked;
      this.count();
    }, {signal});
    for (const event of ['dw:swap', 'dw:merged']) document.addEventListener(event, () => this.count(), {signal});
    this.count();
  }

  get boxes() { return /** @type {HTMLInputElement[]} */ ([...this.querySelectorAll('input[name=id]')]); }

  count() {
    const n = this.boxes.filter((b) => b.checked).length;
    const words = this.querySelector('[data-count]');
    if (words) words.textContent = `${n} chosen`;
    for (const b of this.querySelectorAll('button[data-only]')) {
      if (b instanceof HTMLButtonElement) b.disabled = String(n) !== b.dataset.only;
    }
    const all = this.querySelector('[data-all]');
    if (all instanceof HTMLInputElement) {
      all.checked = n > 0 && n === this.boxes.length;
      all.indeterminate = n > 0 && n < this.boxes.length;
    }
  }
}

customElements.define('dw-board', Board);
customElements.define('dw-bulk', Bulk);
