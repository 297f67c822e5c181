// Fetches pages and fragments from the host, and says what came.

export const root = document.documentElement;

/**
 * What the host answered.
 * @typedef {{
 *   kind: 'page', url: string, title: string, nav: string, seq: number, status: number, elements: Element[],
 * } | {kind: 'go', url: string, created: string} | {kind: 'done'} | {kind: 'load', url: string}
 *   | {kind: 'problem', status: number, field?: string, message: string}} Answer
 * "load" means that only the browser itself can show it; created names the record that a form has made: "deal:12".
 */

/**
 * @param {string} url
 * @param {string} fragments ids, separated by commas
 * @param {RequestInit} [init]
 * @returns {Promise<Answer>} rejects when the host cannot be reached or the request was aborted
 */
export async function fetchPage(url, fragments, init = {}) {
  const res = await fetch(url, {
    ...init,
    headers: {'Dockwright-Fragment': fragments},
    credentials: 'same-origin',
  });
  const go = res.headers.get('Dockwright-Location');
  if (go) return {kind: 'go', url: new URL(go, res.url).href, created: res.headers.get('Dockwright-Created') ?? ''};
  if (res.status === 204) return {kind: 'done'};
  const type = res.headers.get('Content-Type') ?? '';
  if (type.startsWith('application/json') && !res.ok) {
    const p = await res.json();
    return {kind: 'problem', status: res.status, field: p.field, message: p.message};
  }
  const get = (init.method ?? 'GET') === 'GET';
  if (!type.startsWith('text/html') || foreign(res, get)) return {kind: 'load', url: res.url || url};
  const doc = new DOMParser().parseFromString(await res.text(), 'text/html');
  return {
    kind: 'page',
    url: res.url || url,
    title: decodeURIComponent(res.headers.get('Dockwright-Title') ?? ''),
    nav: res.headers.get('Dockwright-Nav') ?? '',
    seq: Number(res.headers.get('Dockwright-Seq') ?? 0),
    status: res.status,
    elements: [...doc.body.children],
  };
}

/**
 * Whether an answer does not fit into this document: another frame around it, or
 * newer scripts and styles.
 * @param {Response} res
 * @param {boolean} get whether it may be asked for again
 */
function foreign(res, get) {
  const frame = res.headers.get('Dockwright-Frame');
  if (frame !== null && !document.body.classList.contains(frame)) return true;
  return get && res.headers.get('Dockwright-Assets') !== root.dataset.assets;
}

/**
 * Whether the host answers at all.
 * @returns {Promise<boolean>}
 */
export async function reachable() {
  try {
    await fetch('/_dockwright/shell', {method: 'HEAD', cache: 'no-store', redirect: 'manual'});
    return true;
  } catch {
    return false;
  }
}
