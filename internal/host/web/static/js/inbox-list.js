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
    this.unsubscribe = onTopic(this.dataset.topic ?? '', () => this.refresh());
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

  refresh = freshener(async () => {
    const fresh = await getFragment(this.first, 'inbox-list');
    if (fresh && this.isConnected) this.merge(fresh);
  }, () => this.isConnected);

  /**
   * Takes over the newest page. What stands behind its last row stays; what
   * stood between its rows and is not there now has gone.
   * @param {HTMLElement} fresh
   */
  merge(fresh) {
    const old = this.querySelector('#inbox-list');
    const list = this.items;
    const rows = /** @type {HTMLElement[]} */ ([...(fresh.querySelector('[data-items]')?.children ?? [])]);
    const next = fresh.querySelector('[data-next]');
    const last = rows.at(-1);
    const joins = last && list?.querySelector(`:scope > #${CSS.escape(last.id)}`);
    if (!(old instanceof HTMLElement) || !list || !last || (next && !joins)) {
      old?.replaceWith(fresh);
      this.mark();
      this.watchNext();
      return;
    }
    old.dataset.unread = fresh.dataset.unread ?? '0';
    const names = new Set(rows.map((row) => row.id));
    for (const row of [...list.children]) {
      const order = /** @type {HTMLElement} */ (row).dataset.order ?? '';
      if (!names.has(row.id) && (!next || descending(order, last.dataset.order ?? '') <= 0)) row.remove();
    }
    const focused = document.activeElement?.closest('.inbox-item')?.id;
    for (const row of rows) place(list, row, descending);
    if (!next) old.querySelector('[data-next]')?.remove();
    else if (!old.querySelector('[data-next]')) old.append(next);
    this.mark();
    if (focused && !list.contains(document.activeElement)) {
      const link = list.querySelector(`#${CSS.escape(focused)} a`);
      if (link instanceof HTMLElement) link.focus({ preventScroll: true });
    }
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
