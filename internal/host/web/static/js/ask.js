// Asks the host something in JSON, for scripts that need data and not a page.

/** What the host refused, in words for the person. */
export class HostRefused extends Error {
  /** @param {string} message @param {number} status @param {string} [field] */
  constructor(message, status, field) {
    super(message);
    this.status = status;
    this.field = field ?? '';
  }
}

/**
 * @param {string} path
 * @param {unknown} body
 * @param {{keepalive?: boolean}} [options] keepalive: the question outlives the page
 * @returns {Promise<any>} rejects with HostRefused, or when the host cannot be reached
 */
export async function ask(path, body, options = {}) {
  const res = await fetch(path, {
    method: 'POST',
    headers: {'Content-Type': 'application/json', 'Dockwright-Fragment': 'data'},
    body: JSON.stringify(body),
    credentials: 'same-origin',
    keepalive: options.keepalive ?? false,
  });
  const json = (res.headers.get('Content-Type') ?? '').startsWith('application/json');
  if (!res.ok || !json) {
    const problem = json ? await res.json() : {};
    throw new HostRefused(problem.message ?? `The host answered ${res.status}.`, res.status, problem.field);
  }
  return res.json();
}
