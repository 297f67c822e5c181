// The shell: follows links and forms by swapping <main>, so that what floats
// above the page (calls, windows of apps) lives on. It keeps the history, scroll
// positions, focus and the title as a browser would.
import {announce, clearFaults, confirm, showFault, toast} from './feedback.js';
import {merge} from './merge.js';
import {fetchPage, reachable, root} from './page.js';
import * as places from './places.js';

/** @typedef {'push' | 'replace' | 'none'} Entry what becomes of the history */
/** @typedef {{entry?: Entry, fragment?: string, keepPlace?: boolean}} VisitOptions */

/** Counts navigations; an answer of an older one is dropped. */
let latest = 0;
/** @type {AbortController | null} */
let running = null;
/** Forms under way that lead to another page. */
let sending = 0;
/** The page that is shown, without its hash. */
let shown = withoutHash(location.href);

/** Begins to listen. */
export function start() {
  places.start();
  showRail();
  document.addEventListener('click', onClick);
  document.addEventListener('submit', onSubmit);
  addEventListener('popstate', onPop);
}

/** Whether the person is on the way to another page. What happens to the one that
 * is left must not call them back: they may have deleted what it showed. */
export function leaving() {
  return running !== null || sending > 0;
}

/**
 * Goes to a page of this host.
 * @param {string} to
 * @param {VisitOptions} [options]
 * @returns {Promise<void>} after the page is shown
 */
export async function visit(to, options = {}) {
  const url = new URL(to, location.href);
  if (url.origin !== location.origin) {
    location.assign(url.href);
    return;
  }
  const mine = ++latest;
  running?.abort();
  const controller = running = new AbortController();
  const begun = performance.now();
  busy(true);
  try {
    const answer = await fetchPage(withoutHash(url.href), options.fragment ?? 'main', {signal: controller.signal});
    if (mine !== latest) return;
    if (answer.kind === 'page') show(answer, url.hash, begun, options);
    else if (answer.kind === 'go') await visit(answer.url, {...options, entry: options.entry ?? 'push'});
    else if (answer.kind === 'load') location.assign(url.href);
  } catch (err) {
    if (controller.signal.aborted || mine !== latest) return;
    await lost(url.href, err);
  } finally {
    if (mine === latest) {
      running = null;
      busy(false);
    }
  }
}

/**
 * A page could not be fetched: if the host is there, let the browser try.
 * @param {string} url
 * @param {unknown} err
 */
async function lost(url, err) {
  if (await reachable()) {
    location.assign(url);
    return;
  }
  console.info('page not fetched', err);
  toast('The host cannot be reached. Nothing was changed.', {action: {label: 'Try again', run: () => { void visit(url); }}});
}

/**
 * @param {Extract<import('./page.js').Answer, {kind: 'page'}>} answer
 * @param {string} hash
 * @param {number} begun
 * @param {VisitOptions} options
 */
function show(answer, hash, begun, options) {
  const entry = options.entry ?? 'push';
  const same = withoutHash(answer.url) === shown;
  const place = same || options.keepPlace ? places.take() : null;
  places.leave();
  if (entry === 'push' && !same) history.pushState(places.enter(), '', answer.url + hash);
  else if (entry !== 'none') history.replaceState(history.state, '', answer.url + hash);
  shown = withoutHash(answer.url);
  swap(answer, begun, Boolean(options.fragment));
  if (answer.title) document.title = `${answer.title} · Dockwright`;
  markRail(answer.nav);
  document.dispatchEvent(new CustomEvent('dw:title'));
  if (options.fragment) return;
  if (entry === 'none') places.restore(history.state);
  else if (place) places.put(place);
  else places.begin(hash);
  announce(answer.title);
}

/**
 * @param {Extract<import('./page.js').Answer, {kind: 'page'}>} answer
 * @param {number} begun
 * @param {boolean} gently merge instead of replace
 */
function swap(answer, begun, gently) {
  for (const next of answer.elements) {
    const old = next.id && document.getElementById(next.id);
    if (!old) continue;
    document.dispatchEvent(new CustomEvent('dw:before-swap', {detail: {root: old}}));
    if (gently) merge(old, next);
    else {
      const panes = places.panes(old);
      old.replaceWith(document.adoptNode(next));
      places.settle(next, panes);
    }
    document.dispatchEvent(new CustomEvent('dw:swap', {detail: {root: gently ? old : next, begun, seq: answer.seq}}));
  }
}

/** @param {string} nav */
function markRail(nav) {
  for (const a of document.querySelectorAll('.rail [data-nav]')) {
    if (a.getAttribute('data-nav') === nav) a.setAttribute('aria-current', 'page');
    else a.removeAttribute('aria-current');
  }
  showRail();
}

/** On narrow screens the rail scrolls sideways: show the entry that is marked. */
function showRail() {
  document.querySelector('.rail [aria-current]')?.scrollIntoView({block: 'nearest', inline: 'nearest'});
}

/** @param {MouseEvent} e */
function onClick(e) {
  if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
  const a = e.target instanceof Element ? e.target.closest('a[href]') : null;
  if (!(a instanceof HTMLAnchorElement) || !ours(a)) return;
  if (a.hash && withoutHash(a.href) === withoutHash(location.href)) return;
  e.preventDefault();
  for (const open of document.querySelectorAll('[popover]:not([popover=manual]):popover-open')) /** @type {HTMLElement} */ (open).hidePopover();
  void visit(a.href, {fragment: a.dataset.fragment});
}

/** @param {HTMLAnchorElement} a */
function ours(a) {
  return a.origin === location.origin && !a.target && !a.hasAttribute('download') && !a.closest('[data-native]')
    && !a.pathname.startsWith('/_dockwright/static/') && !a.pathname.startsWith('/_dockwright/files/');
}

/** @param {SubmitEvent} e */
function onSubmit(e) {
  const form = e.target;
  if (e.defaultPrevented || !(form instanceof HTMLFormElement)) return;
  const submitter = /** @type {HTMLButtonElement | HTMLInputElement | null} */ (e.submitter);
  const action = new URL(submitter?.getAttribute('formaction') ?? form.getAttribute('action') ?? location.href, location.href);
  const method = (submitter?.getAttribute('formmethod') ?? form.getAttribute('method') ?? 'get').toLowerCase();
  if (method === 'dialog' || action.origin !== location.origin || form.target) return;
  const question = submitter?.dataset.confirm ?? form.dataset.confirm;
  const native = form.closest('[data-native]') !== null;
  if (native && !question) return;
  e.preventDefault();
  void (async () => {
    if (question && !(await confirm(question, submitter?.textContent?.trim() || 'Yes'))) return;
    if (native) {
      form.submit();
      return;
    }
    const data = new FormData(form, submitter);
    if (method === 'get') {
      action.search = new URLSearchParams(/** @type {any} */ (data)).toString();
      await visit(action.href, {fragment: form.dataset.fragment});
    } else await send(form, submitter, action, data);
  })();
}

/**
 * Sends a form. A form that is under way is not sent a second time.
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter
 * @param {URL} action
 * @param {FormData} data
 */
async function send(form, submitter, action, data) {
  if (form.getAttribute('aria-busy') === 'true') return;
  const fragment = form.dataset.fragment;
  const stay = form.hasAttribute('data-stay'); // whoever opened the form takes what comes of it
  const leads = !fragment && !stay;
  const mine = leads ? ++latest : latest;
  const begun = performance.now();
  const multipart = form.enctype === 'multipart/form-data';
  const body = multipart ? data : new URLSearchParams(/** @type {any} */ (data));
  form.setAttribute('aria-busy', 'true');
  submitter?.setAttribute('aria-busy', 'true');
  if (leads) {
    busy(true);
    sending++;
  }
  clearFaults(form);
  let ok = false;
  let status = 0;
  let to = '';
  let created = '';
  try {
    const answer = await fetchPage(action.href, fragment ?? 'main', {method: 'POST', body});
    ok = answer.kind !== 'problem' && !(answer.kind === 'page' && answer.status >= 400);
    status = answer.kind === 'problem' || answer.kind === 'page' ? answer.status : 200;
    if (answer.kind === 'problem') showFault(form, answer);
    if (answer.kind === 'go') ({url: to, created} = answer);
    if (ok && form.hasAttribute('data-reset')) form.reset();
    if (!stay || answer.kind !== 'go') await follow(form, answer, fragment, begun, mine);
  } catch (err) {
    console.info('form not sent', err);
    toast('The host cannot be reached, so this was perhaps not saved. What you typed is still here; please try again.', {kind: 'danger'});
  } finally {
    form.removeAttribute('aria-busy');
    submitter?.removeAttribute('aria-busy');
    if (leads) sending--;
    if (leads && mine === latest) busy(false);
    form.dispatchEvent(new CustomEvent('dw:submitted', {bubbles: true, detail: {ok, status, location: to, created}}));
  }
}

/**
 * Shows what a form led to, unless the person has gone elsewhere meanwhile.
 * @param {HTMLFormElement} form
 * @param {import('./page.js').Answer} answer
 * @param {string | undefined} fragment
 * @param {number} begun
 * @param {number} mine
 */
async function follow(form, answer, fragment, begun, mine) {
  if (mine !== latest) return;
  if (answer.kind === 'load') location.assign(answer.url);
  if (answer.kind === 'page') {
    if (fragment) swap(answer, begun, true);
    else show({...answer, url: shown}, '', begun, {entry: 'replace', keepPlace: true});
  }
  if (answer.kind !== 'go') return;
  if (!fragment) {
    await visit(answer.url);
    return;
  }
  const next = await fetchPage(answer.url, fragment);
  if (mine === latest && next.kind === 'page') swap(next, begun, true);
}

/** @param {PopStateEvent} e */
function onPop(e) {
  if (withoutHash(location.href) === shown) {
    places.restore(e.state);
    return;
  }
  void visit(location.href, {entry: 'none'});
}

let busyTimer = 0;

/**
 * Marks a navigation; the bar shows only if it takes a while.
 * @param {boolean} on
 */
function busy(on) {
  clearTimeout(busyTimer);
  const bar = document.getElementById('dw-progress');
  if (on) {
    root.dataset.busy = 'true';
    busyTimer = setTimeout(() => { if (bar) bar.hidden = false; }, 180);
    return;
  }
  delete root.dataset.busy;
  if (bar) bar.hidden = true;
}

/** @param {string} url */
function withoutHash(url) {
  return url.replace(/#.*$/, '');
}
