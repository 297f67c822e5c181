// @ts-check
// The thread of a conversation: older messages come when one scrolls up, new
// ones are put in without moving what is being read.

import { separateDays } from './inbox-days.js';
import { ascending, place } from './inbox-merge.js';
import { freshener, getFragment, newestHere, onTopic, postForm } from './inbox-net.js';

/** How near to the end, in CSS pixels, still counts as reading the newest. */
const NEAR = 80;

export class Thread extends HTMLElement {
  connectedCallback() {
    const scroll = this.querySelector('[data-scroll]');
    if (!(scroll instanceof HTMLElement) || !this.list) return;
    this.scroller = scroll;
    this.stop = new AbortController();
    const { signal } = this.stop;
    separateDays(this.list);
    this.atEnd = true;
    this.toEnd();
    this.settling = new ResizeObserver(() => this.settle());
    this.settling.observe(this.list);
    this.settling.observe(scroll);
    scroll.addEventListener('scroll', () => this.scrolled(), { signal, passive: true });
    this.pill?.addEventListener('click', () => this.toEnd('smooth'), { signal });
    this.addEventListener('submit', (e) => this.resend(e), { signal });
    this.addEventListener('inbox-sent', (e) => this.merge(/** @type {CustomEvent} */ (e).detail, true), { signal });
    document.addEventListener('visibilitychange', () => this.seen(), { signal });
    window.addEventListener('focus', () => this.seen(), { signal });
    this.unsubscribe = onTopic(this.dataset.topic ?? '', () => this.refresh());
    this.watchOlder();
    this.seen();
  }

  disconnectedCallback() {
    this.stop?.abort();
    this.settling?.disconnect();
    this.older?.disconnect();
    this.unsubscribe?.();
  }

  get list() {
    return this.querySelector('[data-messages]');
  }

  get pill() {
    return /** @type {HTMLElement | null} */ (this.querySelector('[data-pill]'));
  }

  /** @param {ScrollBehavior} [behavior] */
  toEnd(behavior = 'instant') {
    this.scroller?.scrollTo({ top: this.scroller.scrollHeight, behavior });
    this.atEnd = true;
    this.hidePill();
  }

  hidePill() {
    if (this.pill) this.pill.hidden = true;
  }

  scrolled() {
    const s = this.scroller;
    if (!s) return;
    this.atEnd = s.scrollHeight - s.scrollTop - s.clientHeight < NEAR;
    if (this.atEnd) this.hidePill();
  }

  /** A picture that arrives late, or a growing composer, must not push the end away. */
  settle() {
    const s = this.scroller;
    if (s && this.atEnd && s.scrollHeight - s.scrollTop - s.clientHeight > 0) s.scrollTop = s.scrollHeight;
  }

  /** Fetches the newest page again. */
  refresh = freshener(async () => {
    // Somebody who looks at an old page by its address stays on it.
    if (this.querySelector('[data-newest]')) return;
    const fresh = await getFragment(newestHere(), 'thread');
    if (fresh && this.isConnected) this.merge(fresh, false);
  }, () => this.isConnected);

  /**
   * Takes over what the server sent for the newest page.
   * @param {HTMLElement} fresh
   * @param {boolean} mine whether the person here has just sent something
   */
  merge(fresh, mine) {
    const list = this.list;
    const incoming = fresh.querySelector('[data-messages]');
    const thread = this.querySelector('#thread');
    if (!list || !incoming || !(thread instanceof HTMLElement)) return;
    thread.dataset.unread = fresh.dataset.unread ?? '0';
    const items = /** @type {HTMLElement[]} */ ([...incoming.children].filter((el) => el.hasAttribute('data-order')));
    const gap = items.length > 0 && list.childElementCount > 0 && !list.querySelector(`:scope > #${CSS.escape(items[0].id)}`) && fresh.querySelector('[data-older]');
    if (gap || list.childElementCount === 0) this.startOver(thread, fresh);
    let added = 0;
    const here = this.list ?? list;
    for (const item of items) if (place(here, item, ascending)) added++;
    separateDays(here);
    if (mine) this.toEnd('smooth');
    else if (this.atEnd) this.settle();
    else if (added > 0 && this.pill) this.pill.hidden = false;
    this.seen();
  }

  /**
   * More has come than one page holds, so what is here does not join up with it.
   * @param {HTMLElement} thread
   * @param {HTMLElement} fresh
   */
  startOver(thread, fresh) {
    const copy = /** @type {HTMLElement} */ (fresh.cloneNode(true));
    copy.querySelector('[data-messages]')?.replaceChildren();
    thread.replaceChildren(...copy.childNodes);
    this.settling?.disconnect();
    if (this.list) this.settling?.observe(this.list);
    if (this.scroller) this.settling?.observe(this.scroller);
    this.watchOlder();
  }

  /** Fetches the page before when its link comes near to the window. */
  watchOlder() {
    this.older?.disconnect();
    const link = this.querySelector('[data-older] a');
    if (!(link instanceof HTMLAnchorElement) || !this.scroller) return;
    link.addEventListener('click', (e) => {
      e.preventDefault();
      e.stopPropagation();
      void this.loadOlder(link);
    });
    this.older = new IntersectionObserver((seen) => {
      if (seen.some((s) => s.isIntersecting)) void this.loadOlder(link);
    }, { root: this.scroller, rootMargin: '400px 0px 0px 0px' });
    this.older.observe(link);
  }

  /** @param {HTMLAnchorElement} link */
  async loadOlder(link) {
    if (link.dataset.busy) return;
    link.dataset.busy = 'yes';
    link.setAttribute('aria-busy', 'true');
    // What is old is no news: a screen reader keeps quiet about it.
    this.scroller?.setAttribute('aria-busy', 'true');
    const fresh = await getFragment(link.href, 'thread');
    if (!this.isConnected || !link.isConnected) return;
    if (!fresh) {
      delete link.dataset.busy;
      link.removeAttribute('aria-busy');
      this.scroller?.removeAttribute('aria-busy');
      this.older?.disconnect();
      return;
    }
    this.putInFront(link, fresh);
    requestAnimationFrame(() => this.scroller?.removeAttribute('aria-busy'));
  }

  /**
   * @param {HTMLAnchorElement} link
   * @param {HTMLElement} fresh
   */
  putInFront(link, fresh) {
    const list = this.list;
    const s = this.scroller;
    if (!list || !s) return;
    const mark = list.querySelector(':scope > [data-order]');
    const before = mark?.getBoundingClientRect().top ?? 0;
    for (const item of [...(fresh.querySelector('[data-messages]')?.children ?? [])]) {
      if (item instanceof HTMLElement && item.hasAttribute('data-order')) place(list, item, ascending);
    }
    const edge = fresh.querySelector('[data-older], [data-start]');
    if (edge) link.parentElement?.replaceWith(edge);
    else link.parentElement?.remove();
    separateDays(list);
    const after = mark?.getBoundingClientRect().top ?? 0;
    s.scrollTop += after - before;
    this.watchOlder();
  }

  /** Tells the server that what is unread here has been looked at. */
  async seen() {
    const thread = this.querySelector('#thread');
    if (!(thread instanceof HTMLElement) || thread.dataset.unread === '0') return;
    if (document.visibilityState !== 'visible' || !document.hasFocus() || this.scroller?.offsetParent === null) return;
    thread.dataset.unread = '0';
    await postForm(this.dataset.seen ?? '', new FormData());
  }

  /** @param {Event} e */
  async resend(e) {
    const form = e.target;
    if (!(form instanceof HTMLFormElement) || !form.matches('[data-inbox-resend]')) return;
    e.preventDefault();
    e.stopPropagation();
    const button = form.querySelector('button');
    if (button) button.disabled = true;
    const answer = await postForm(form.action, new FormData(form));
    if (answer.message) {
      const line = form.querySelector('p');
      if (line) line.textContent = answer.message;
      if (button) button.disabled = false;
      return;
    }
    await this.refresh();
  }
}
