// One WebSocket tells what has news. Elements with data-live are fetched again
// when one of their topics comes up: one request per page and frame, whatever the
// number of events, and what was missed while the line was down is caught up.
import {merge} from './merge.js';
import {fetchPage, root} from './page.js';
import {leaving, visit} from './shell.js';

/** @typedef {{seq?: number, kind?: string, topics?: string[], data?: unknown, reload?: boolean}} Frame */

const firstDelay = 400; // ms; doubles with each try
const longestDelay = 15000;
const signedOut = 4401; // how the host closes the line of a session that ended
const leaveFirst = 3000; // ms for whoever signed out here to be on another page
const quietFor = 2500; // ms without a line before it is mentioned
const remember = 60000; // ms that topics are kept for pages under way

let since = 0;
let tries = 0;
let timer = 0;
let noticeTimer = 0;
/** @type {WebSocket | null} */
let socket = null;

/** Connects, on pages that have a place in the event log. */
export function start() {
  if (!root.dataset.seq) return;
  since = Number(root.dataset.seq);
  connect();
  addEventListener('online', soon);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) soon(); });
  addEventListener('pagehide', () => {
    clearTimeout(timer);
    socket?.close();
  });
  addEventListener('pageshow', (e) => { if (e.persisted) connect(); });
  document.addEventListener('dw:swap', (e) => onSwap(/** @type {CustomEvent} */ (e).detail.begun));
}

function connect() {
  clearTimeout(timer);
  const line = socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/_dockwright/live?since=${since}`);
  line.addEventListener('open', () => {
    tries = 0;
    state('on');
  });
  line.addEventListener('message', (e) => onFrame(JSON.parse(String(e.data))));
  line.addEventListener('close', (e) => {
    if (line !== socket) return;
    socket = null;
    state('off');
    if (e.code === signedOut) {
      timer = setTimeout(() => location.reload(), leaveFirst);
      return;
    }
    const delay = Math.min(longestDelay, firstDelay * 2 ** tries);
    tries += 1;
    timer = setTimeout(connect, delay * (0.5 + Math.random() / 2));
  });
}

/** Tries again at once if the line is down. */
function soon() {
  if (socket) return;
  tries = 0;
  connect();
}

/** @param {'on' | 'off'} now */
function state(now) {
  root.dataset.live = now;
  const notice = document.getElementById('dw-offline');
  clearTimeout(noticeTimer);
  if (!notice) return;
  if (now === 'on') notice.hidden = true;
  else noticeTimer = setTimeout(() => { notice.hidden = false; }, quietFor);
}

/** @param {Frame} frame */
function onFrame(frame) {
  if (frame.reload) {
    void startOver();
    return;
  }
  if (frame.seq && frame.seq > since) since = frame.seq;
  document.dispatchEvent(new CustomEvent('dw:live', {detail: frame}));
  news(frame.topics ?? []);
}

/** This page is older than the events that are kept: take everything anew. */
async function startOver() {
  const line = socket;
  socket = null;
  line?.close();
  try {
    const answer = await fetchPage('/_dockwright/shell', 'unread,app-dock');
    if (answer.kind === 'page') {
      since = answer.seq;
      apply(answer.elements, new URL('/_dockwright/shell', location.href).href);
    }
    await visit(location.href, {entry: 'replace'});
  } catch (err) {
    console.info('page not taken anew', err);
  }
  timer = setTimeout(connect, firstDelay);
}

/** Topics that came lately: a page that was fetched meanwhile may not know them.
 * @type {{at: number, topics: string[]}[]} */
let recent = [];

/** @param {string[]} topics */
function news(topics) {
  const now = performance.now();
  recent = recent.filter((r) => now - r.at < remember);
  recent.push({at: now, topics});
  look(new Set(topics), document);
}

/** @param {number} begun */
function onSwap(begun) {
  const topics = new Set(recent.filter((r) => r.at >= begun).flatMap((r) => r.topics));
  if (topics.size > 0) look(topics, document);
}

/**
 * @param {Set<string>} topics
 * @param {ParentNode} within
 */
function look(topics, within) {
  for (const e of within.querySelectorAll('[data-live]')) {
    const mine = (e.getAttribute('data-live') ?? '').split(/\s+/);
    if (e.id && mine.some((t) => topics.has(t))) want(e);
  }
}

/** What is to be fetched: page → ids. @type {Map<string, Set<string>>} */
const wanted = new Map();
/** Pages that are being fetched. @type {Set<string>} */
const fetching = new Set();
let planned = false;

/** @param {Element} e */
function want(e) {
  const url = source(e);
  const ids = wanted.get(url) ?? new Set();
  ids.add(e.id);
  wanted.set(url, ids);
  plan();
}

/** @param {Element} e */
function source(e) {
  return new URL(e.getAttribute('data-src') ?? location.href, location.href).href.replace(/#.*$/, '');
}

/** Fetches at the next frame; hidden pages have no frames, so they use a timer. */
function plan() {
  if (planned) return;
  planned = true;
  const run = () => {
    planned = false;
    for (const url of [...wanted.keys()]) if (!fetching.has(url)) void refetch(url);
  };
  if (document.hidden) setTimeout(run, 60);
  else requestAnimationFrame(run);
}

/** @param {string} url */
async function refetch(url) {
  const ids = outermost(wanted.get(url) ?? new Set(), url);
  wanted.delete(url);
  if (ids.length === 0) return;
  fetching.add(url);
  try {
    const answer = await fetchPage(url, ids.join(','));
    if (answer.kind === 'page' && answer.status < 400) apply(answer.elements, url);
    else if (answer.kind === 'page' && url === location.href && !leaving()) void visit(url, {entry: 'replace'});
    else if (answer.kind === 'load' && url === location.href) announceNewer();
  } catch (err) {
    console.info('fragment not fetched', err);
    if (!socket) return;
    for (const id of ids) wanted.set(url, (wanted.get(url) ?? new Set()).add(id));
    setTimeout(plan, 2000);
  } finally {
    fetching.delete(url);
    if (wanted.has(url) && socket) plan();
  }
}

let announced = false;

/** The host was updated; the page goes on, and is loaded whole at the next click. */
function announceNewer() {
  if (announced) return;
  announced = true;
  document.dispatchEvent(new CustomEvent('dw:newer'));
}

/**
 * Elements that are still in the document, less those inside another of them.
 * @param {Set<string>} ids
 * @param {string} url
 */
function outermost(ids, url) {
  return [...ids].filter((id) => {
    const e = document.getElementById(id);
    if (!e || source(e) !== url) return false;
    for (let p = e.parentElement; p; p = p.parentElement) if (p.id && ids.has(p.id)) return false;
    return true;
  });
}

/**
 * @param {Element[]} elements
 * @param {string} url
 */
function apply(elements, url) {
  for (const next of elements) {
    const have = document.getElementById(next.id);
    if (have && source(have) === url) {
      merge(have, next);
      document.dispatchEvent(new CustomEvent('dw:merged', {detail: {root: have}}));
    }
  }
}
