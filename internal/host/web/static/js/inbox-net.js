// @ts-check
// What the inbox asks of the server, and how it hears of news.

const HEADER = 'Dockwright-Fragment';

/**
 * Fetches a fragment of a page; null if it cannot be had now.
 * @param {string} url
 * @param {string} id
 * @returns {Promise<HTMLElement | null>}
 */
export async function getFragment(url, id) {
  try {
    const answer = await fetch(url, { headers: { [HEADER]: id }, credentials: 'same-origin' });
    return answer.ok ? fragmentOf(await answer.text(), id) : null;
  } catch {
    return null;
  }
}

/** The address of this page at its newest messages. */
export function newestHere() {
  const url = new URL(location.href);
  for (const name of ['before', 'cursor', 'find']) url.searchParams.delete(name);
  return url.href;
}

/** How long to wait before what is still stale is fetched again, in milliseconds. */
const BREATH = 100;

/**
 * Makes a function that fetches again when something is stale: at once, one
 * fetch at a time, and once more if news came meanwhile.
 * @param {() => Promise<void>} fetchAgain
 * @param {() => boolean} wanted
 * @returns {() => Promise<void>}
 */
export function freshener(fetchAgain, wanted) {
  let stale = false;
  let busy = false;
  return async () => {
    stale = true;
    if (busy) return;
    busy = true;
    try {
      while (stale && wanted()) {
        stale = false;
        await fetchAgain();
        if (stale) await new Promise((done) => { setTimeout(done, BREATH); });
      }
    } finally {
      busy = false;
    }
  };
}

/**
 * Finds an element in a piece of HTML that this host has rendered.
 * @param {string} html
 * @param {string} id
 * @returns {HTMLElement | null}
 */
export function fragmentOf(html, id) {
  const found = new DOMParser().parseFromString(html, 'text/html').getElementById(id);
  return found && document.importNode(found, true);
}

/**
 * Sends a form and asks for the thread as it is afterwards.
 * @param {string} url
 * @param {FormData} data
 * @returns {Promise<{ html: string, message: string }>} message says what went wrong, "" if nothing did
 */
export async function postForm(url, data) {
  let answer;
  try {
    answer = await fetch(url, { method: 'POST', body: data, headers: { [HEADER]: 'thread' }, credentials: 'same-origin' });
  } catch {
    return { html: '', message: 'Not sent: the host cannot be reached. What you wrote is still here; try again in a moment.' };
  }
  const text = await answer.text();
  return answer.ok ? { html: text, message: '' } : { html: '', message: problem(answer.status, text) };
}

/**
 * @param {number} status
 * @param {string} text
 */
function problem(status, text) {
  try {
    const { message } = JSON.parse(text);
    if (typeof message === 'string' && message) return message;
  } catch {
    // Not the host's own words; the status has to do.
  }
  return status === 413 ? 'Not sent: the files are too large together.' : `Not sent: the host answered with ${status}. Try again in a moment.`;
}

/** How long topics are kept, in milliseconds, for pages that were under way when they came. */
const KEEP = 60000;

/** @type {{ at: number, topics: string[] }[]} */
let recent = [];

document.addEventListener('dw:live', (e) => {
  const now = performance.now();
  recent = recent.filter((r) => now - r.at < KEEP);
  recent.push({ at: now, topics: /** @type {CustomEvent} */ (e).detail?.topics ?? [] });
});

/**
 * Calls back when something about a topic has changed, with all topics of the
 * event, and once the page is shown if that happened while it was being fetched.
 * @param {string} topic
 * @param {(topics: string[]) => void} changed
 * @returns {() => void} ends it
 */
export function onTopic(topic, changed) {
  const stop = new AbortController();
  document.addEventListener('dw:live', (e) => {
    const topics = /** @type {CustomEvent} */ (e).detail?.topics ?? [];
    if (topics.includes(topic)) changed(topics);
  }, { signal: stop.signal });
  document.addEventListener('dw:swap', (e) => {
    const begun = /** @type {CustomEvent} */ (e).detail?.begun ?? 0;
    const missed = recent.filter((r) => r.at >= begun && r.topics.includes(topic));
    if (missed.length > 0) changed(missed.flatMap((r) => r.topics));
  }, { signal: stop.signal });
  return () => stop.abort();
}
