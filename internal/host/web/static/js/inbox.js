// @ts-check
// The elements of the Messaging inbox.

import { Composer } from './inbox-composer.js';
import { ConversationList } from './inbox-list.js';
import { getFragment, newestHere } from './inbox-net.js';
import { Thread } from './inbox-thread.js';

/** Filters and the agent's select take effect as soon as they are changed. */
class AutoSubmit extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    this.addEventListener('change', (e) => {
      if (e.target instanceof HTMLSelectElement) e.target.form?.requestSubmit();
    }, { signal: this.stop.signal });
  }

  disconnectedCallback() {
    this.stop?.abort();
  }
}

/** A picture in a thread that cannot be loaded becomes a link with its name. */
class InboxImage extends HTMLElement {
  connectedCallback() {
    const image = this.querySelector('img');
    if (!image) return;
    if (image.complete && image.naturalWidth === 0 && image.currentSrc) this.classList.add('broken');
    image.addEventListener('error', () => this.classList.add('broken'), { once: true });
  }
}

/** Finds records to link while one types. */
class LinkPicker extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    const input = this.querySelector('input[type="search"]');
    if (!(input instanceof HTMLInputElement)) return;
    this.input = input;
    input.addEventListener('input', () => {
      clearTimeout(this.soon);
      this.soon = setTimeout(() => this.find(), 200);
    }, { signal });
    this.addEventListener('dw:submitted', (e) => {
      if (/** @type {CustomEvent} */ (e).detail.ok) this.done();
    }, { signal });
    this.querySelector('form')?.addEventListener('submit', (e) => {
      e.preventDefault();
      e.stopPropagation();
      void this.find();
    }, { signal });
  }

  disconnectedCallback() {
    this.stop?.abort();
    clearTimeout(this.soon);
  }

  /** A record was linked: its results are gone, and so is what was typed. */
  done() {
    if (this.input) this.input.value = '';
    this.input?.focus();
  }

  async find() {
    const term = this.input?.value.trim() ?? '';
    const url = new URL(newestHere());
    url.searchParams.set('find', term);
    const fresh = await getFragment(url.href, 'link-results');
    // The answer to an earlier letter may come after the answer to a later one.
    if (fresh && this.isConnected && term === this.input?.value.trim()) this.querySelector('#link-results')?.replaceWith(fresh);
  }
}

customElements.define('dw-inbox-auto', AutoSubmit);
customElements.define('dw-inbox-image', InboxImage);
customElements.define('dw-link-picker', LinkPicker);
customElements.define('dw-inbox-list', ConversationList);
customElements.define('dw-thread', Thread);
customElements.define('dw-composer', Composer);
