// @ts-check
// The place to write in. It is never swapped, keeps a draft for each
// conversation, takes files by button, drop and paste, and sends each message
// once: the key in the form makes a repeated submit the same message.

import { Attachments } from './inbox-files.js';
import { fragmentOf, getFragment, newestHere, postForm } from './inbox-net.js';

/** The most lines the text grows to before it scrolls, in CSS pixels. */
const TALLEST = 220;

export class Composer extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector('[data-form]');
    const text = this.querySelector('[data-text]');
    if (!(form instanceof HTMLFormElement) || !(text instanceof HTMLTextAreaElement)) return;
    this.form = form;
    this.text = text;
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.files = new Attachments(this, (message) => this.complain(message), signal);
    text.value = sessionStorage.getItem(this.draftName) || text.value;
    this.fit();
    // With a mouse one goes on by typing; on a phone the keyboard would cover the thread.
    if (matchMedia('(pointer: fine)').matches) text.setAttribute('autofocus', '');
    text.addEventListener('input', () => this.typed(), { signal });
    text.addEventListener('keydown', (e) => this.key(e), { signal });
    text.addEventListener('beforeinput', (e) => {
      // Some keyboards insert the line even though the key was taken.
      if (this.entered && (e.inputType === 'insertLineBreak' || e.inputType === 'insertParagraph')) e.preventDefault();
    }, { signal });
    text.addEventListener('keyup', () => { this.entered = false; }, { signal });
    this.addEventListener('submit', (e) => this.submit(e), { signal });
    this.watchWindow();
    for (const t of this.querySelectorAll('[data-template]')) previewTemplate(t, signal);
  }

  disconnectedCallback() {
    this.stop?.abort();
    clearTimeout(this.closing);
    this.states?.disconnect();
  }

  get draftName() {
    return `inbox-draft:${location.host}:${this.dataset.conversation}`;
  }

  get thread() {
    return document.querySelector(`dw-thread[data-conversation="${this.dataset.conversation}"]`);
  }

  typed() {
    this.fit();
    this.saveDraft();
    this.complain('');
  }

  saveDraft() {
    const value = this.text?.value ?? '';
    if (value) sessionStorage.setItem(this.draftName, value);
    else sessionStorage.removeItem(this.draftName);
  }

  /** Makes the field as tall as its text, where the stylesheet cannot. */
  fit() {
    if (!this.text || CSS.supports('field-sizing', 'content')) return;
    this.text.style.height = 'auto';
    this.text.style.height = `${Math.min(this.text.scrollHeight + 2, TALLEST)}px`;
  }

  /** @param {KeyboardEvent} e */
  key(e) {
    // While an input method composes, Enter chooses a word.
    this.entered = e.key === 'Enter' && !e.shiftKey && !e.isComposing && !e.altKey;
    if (!this.entered) return;
    e.preventDefault();
    this.form?.requestSubmit();
  }

  /** @param {Event} e */
  submit(e) {
    const form = e.target;
    if (!(form instanceof HTMLFormElement)) return;
    if (form.matches('[data-template]')) {
      e.preventDefault();
      e.stopPropagation();
      void this.sendTemplate(form);
    } else if (form === this.form) {
      e.preventDefault();
      e.stopPropagation();
      this.send();
    }
  }

  /** Takes what is written and sends it after what is still on its way. */
  send() {
    const { form, text, files } = this;
    if (!form || !text || !files) return;
    const message = { text: text.value, files: files.take(), key: '' };
    if (!message.text.trim() && message.files.length === 0) {
      text.focus();
      return;
    }
    const again = this.unsent;
    const same = again && again.text === message.text && again.files.length === message.files.length && again.files.every((f, i) => f === message.files[i]);
    message.key = same ? again.key : this.nextKey();
    this.unsent = undefined;
    text.value = '';
    this.typed();
    text.focus();
    this.sending = (this.sending ?? Promise.resolve()).then(() => this.post(message));
  }

  /** The key the server put into the form serves once; after it the browser makes its own. */
  nextKey() {
    const field = this.form?.elements.namedItem('key');
    if (!(field instanceof HTMLInputElement)) return crypto.randomUUID();
    const key = field.value;
    field.value = crypto.randomUUID();
    return key;
  }

  /** @param {{ text: string, files: File[], key: string }} message */
  async post(message) {
    const data = new FormData();
    data.set('key', message.key);
    data.set('text', message.text);
    for (const file of message.files) data.append('files', file, file.name);
    this.setAttribute('aria-busy', 'true');
    const answer = await postForm(this.form?.action ?? '', data);
    this.removeAttribute('aria-busy');
    if (answer.message) {
      this.giveBack(message);
      this.complain(answer.message);
      return;
    }
    this.show(answer.html);
  }

  /**
   * What could not be sent returns to the field, in front of what was typed
   * since, under the key it had: perhaps only the answer was lost.
   * @param {{ text: string, files: File[], key: string }} message
   */
  giveBack(message) {
    if (!this.text || !this.files) return;
    const since = this.text.value;
    this.text.value = since ? `${message.text}\n${since}` : message.text;
    if (!since) this.unsent = message;
    this.files.add(message.files);
    this.fit();
    this.saveDraft();
  }

  /** @param {HTMLFormElement} form */
  async sendTemplate(form) {
    const button = form.querySelector('button');
    if (button?.disabled) return;
    if (button) button.disabled = true;
    const answer = await postForm(form.action, new FormData(form));
    if (button) button.disabled = false;
    if (answer.message) {
      this.complain(answer.message);
      return;
    }
    this.complain('');
    form.reset();
    form.dispatchEvent(new Event('input'));
    const key = form.elements.namedItem('key');
    if (key instanceof HTMLInputElement) key.value = crypto.randomUUID();
    this.querySelector('[data-templates]')?.removeAttribute('open');
    this.show(answer.html);
  }

  /** @param {string} html */
  show(html) {
    const fresh = fragmentOf(html, 'thread');
    if (fresh) this.thread?.dispatchEvent(new CustomEvent('inbox-sent', { detail: fresh }));
  }

  /** @param {string} message */
  complain(message) {
    const line = this.querySelector('[data-error]');
    if (!(line instanceof HTMLElement)) return;
    line.textContent = message;
    line.hidden = message === '';
  }

  /** Shows the state anew in the moment in which the time to answer freely ends. */
  watchWindow() {
    const arm = () => {
      clearTimeout(this.closing);
      const until = Date.parse(this.querySelector('#composer-state')?.getAttribute('data-reply-by') ?? '');
      const left = until - Date.now();
      if (Number.isNaN(until) || left <= 0 || left > 86400000) return;
      this.closing = setTimeout(() => this.newState(), left + 500);
    };
    this.states = new MutationObserver(arm);
    this.states.observe(this, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-reply-by'] });
    arm();
  }

  async newState() {
    const fresh = await getFragment(newestHere(), 'composer-state');
    if (fresh && this.isConnected) this.querySelector('#composer-state')?.replaceWith(fresh);
  }
}

/**
 * Shows the values of a template's places in its text while they are typed.
 * @param {Element} form
 * @param {AbortSignal} signal
 */
function previewTemplate(form, signal) {
  form.addEventListener('input', () => {
    for (const mark of form.querySelectorAll('mark[data-place]')) {
      const place = mark.getAttribute('data-place') ?? '';
      const field = form.querySelector(`input[name="value_${CSS.escape(place)}"]`);
      const value = field instanceof HTMLInputElement ? field.value : '';
      mark.textContent = value || `{{${place}}}`;
      mark.classList.toggle('is-filled', value !== '');
    }
  }, { signal });
}
