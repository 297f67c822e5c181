// @ts-check
// The list of conversations: it keeps what was scrolled to while the newest page
// is sent again, and fetches the next page when its end comes into sight.

import { descending, place } from './inbox-merge.js';
import { freshener, getFragment, onTopic } from './inbox-net.js';

/**
 * What a list had when its page was left, for the page that follows: choosing a
 * conversation must not take the list back to its beginning.
 * @type {{ filter: string, rows: HTMLElement[], next: Element | null } | undefined}
 */
let left;

export class ConversationList extends HTMLElement {
  connectedCallback() {
    this.filter = this.first;
    this.takeUp();
    this.mark();
    this.watchNext();
    this.unsubscribe = onTopic(this.dataset.topic ?? '', (topics) => {
      for (const t of topics) if (t.startsWith('conversation:')) this.changed.add(`conversation-${t.slice('conversation:'.length)}`);
      void this.refresh();
    });
  }

  disconnectedCallback() {
    this.end?.disconnect();
    this.unsubscribe?.();
    left = {
      filter: this.filter ?? '', next: this.querySelector('[data-next]'),
      rows: /** @type {HTMLElement[]} */ ([...(this.items?.children ?? [])]),
    };
  }

  /** Continues where the list of the page before was left. */
  takeUp() {
    const { items } = this;
    const last = /** @type {HTMLElement | null | undefined} */ (items?.lastElementChild);
    if (left && items && last && left.filter === this.filter) {
      const next = this.querySelector('[data-next]');
      const order = last.dataset.order ?? '';
      const rest = left.rows.filter((row) => descending(order, row.dataset.order ?? '') < 0);
      if (next && rest.length > 0) {
        items.append(...rest);
        if (left.next) next.replaceWith(left.next);
        else next.remove();
      }
    }
    left = undefined;
  }

  /** Marks the conversation that is open. */
  mark() {
    for (const link of this.querySelectorAll('.inbox-item-link')) {
      if (link instanceof HTMLAnchorElement && link.pathname === location.pathname) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  }

  get items() {
    return this.querySelector('[data-items]');
  }

  /** The address of the first page under the filters that are set. */
  get first() {
    const url = new URL('/leads/messaging', location.href);
    for (const name of ['status', 'assignee', 'channel']) {
      const value = new URLSearchParams(location.search).get(name);
      if (value) url.searchParams.set(name, value);
    }
    return url.href;
  }

  /** Ids of rows that news were about. @type {Set<string>} */
  changed = new Set();

  refresh = freshener(async () => {
    const ids = [...this.changed];
    this.changed.clear();
    const fresh = await getFragment(this.first, 'inbox-list');
    if (!fresh || !this.isConnected) return;
    const known = new Set([...fresh.querySelectorAll('.inbox-item')].map((row) => row.id));
    this.merge(fresh);
    // What changed further down is fetched from the row above it.
    for (const id of ids) if (!known.has(id)) await this.patch(id);
  }, () => this.isConnected);

  /** @param {string} id */
  async patch(id) {
    const row = this.items?.querySelector(`:scope > #${CSS.escape(id)}`);
    const above = /** @type {HTMLElement | null | undefined} */ (row?.previousElementSibling)?.dataset.order;
    if (!above) return;
    const url = new URL(this.first);
    url.searchParams.set('cursor', above);
    const fresh = await getFragment(url.href, 'inbox-list');
    if (fresh && this.isConnected && this.items) this.replaceWindow(this.items, fresh, above);
  }

  /**
   * Takes over the newest page.
   * @param {HTMLElement} fresh
   */
  merge(fresh) {
    const old = this.querySelector('#inbox-list');
    const list = this.items;
    const last = fresh.querySelector('[data-items]')?.lastElementChild;
    const next = fresh.querySelector('[data-next]');
    const joins = last && list?.querySelector(`:scope > #${CSS.escape(last.id)}`);
    if (!(old instanceof HTMLElement) || !list || !last || (next && !joins)) {
      old?.replaceWith(fresh);
      this.mark();
      this.watchNext();
      return;
    }
    old.dataset.unread = fresh.dataset.unread ?? '0';
    const focused = document.activeElement?.closest('.inbox-item')?.id;
    this.replaceWindow(list, fresh, '');
    if (next && !this.querySelector('[data-next]')) old.append(next);
    this.mark();
    const link = focused && !list.contains(document.activeElement) && list.querySelector(`#${CSS.escape(focused)} a`);
    if (link instanceof HTMLElement) link.focus({ preventScroll: true });
  }

  /**
   * Puts a page in the place of the rows it covers: what stood between its rows
   * and is not there now has gone, what stands behind its last row stays.
   * @param {Element} list
   * @param {HTMLElement} fresh
   * @param {string} after the order of the row above the page, "" for the first
   */
  replaceWindow(list, fresh, after) {
    const rows = /** @type {HTMLElement[]} */ ([...(fresh.querySelector('[data-items]')?.children ?? [])]);
    const more = fresh.querySelector('[data-next]') !== null;
    const end = rows.at(-1)?.dataset.order ?? '';
    const names = new Set(rows.map((row) => row.id));
    for (const row of [...list.children]) {
      const order = /** @type {HTMLElement} */ (row).dataset.order ?? '';
      const covered = (after === '' || descending(after, order) < 0) && (!more || descending(order, end) <= 0);
      if (covered && !names.has(row.id)) row.remove();
    }
    for (const row of rows) place(list, row, descending);
    if (!more) this.querySelector('[data-next]')?.remove();
    this.mark();
  }

  watchNext() {
    this.end?.disconnect();
    const link = this.querySelector('[data-next] a');
    if (!(link instanceof HTMLAnchorElement)) return;
    this.end = new IntersectionObserver((seen) => {
      if (seen.some((s) => s.isIntersecting)) void this.loadNext(link);
    }, { root: this, rootMargin: '0px 0px 300px 0px' });
    this.end.observe(link);
    link.addEventListener('click', (e) => {
      e.preventDefault();
      e.stopPropagation();
      void this.loadNext(link);
    });
  }

  /** @param {HTMLAnchorElement} link */
  async loadNext(link) {
    if (link.dataset.busy) return;
    link.dataset.busy = 'yes';
    const fresh = await getFragment(link.href, 'inbox-list');
    if (!this.isConnected || !link.isConnected || !this.items) return;
    delete link.dataset.busy;
    if (!fresh) {
      this.end?.disconnect();
      return;
    }
    for (const row of [...(fresh.querySelector('[data-items]')?.children ?? [])]) {
      if (row instanceof HTMLElement && !this.items.querySelector(`:scope > #${CSS.escape(row.id)}`)) place(this.items, row, descending);
    }
    const next = fresh.querySelector('[data-next]');
    if (next) link.parentElement?.replaceWith(next);
    else link.parentElement?.remove();
    this.mark();
    this.watchNext();
  }
}
