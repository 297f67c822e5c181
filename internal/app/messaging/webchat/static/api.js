// What the page says to its app.

/**
 * @typedef {{name: string, size: number, url: string, image: boolean}} FileView
 * @typedef {{id: string, seq: number, outgoing: boolean, text: string, created_at: string, status: string, files: FileView[]}} Message
 * @typedef {{messages: Message[], older: boolean, live: number, open: boolean}} History
 */

/** A request that the app refused, in words for the visitor. */
export class Refusal extends Error {
  /** @param {number} status @param {string} message @param {number} retryAfter seconds */
  constructor(status, message, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may succeed later. */
  get passing() {
    return this.status === 429 || this.status === 408 || this.status >= 500;
  }
}

/** Keeps values where the browser lets us; a frame may have no storage at all. */
class Memory {
  /** @param {string} prefix */
  constructor(prefix) {
    this.prefix = prefix;
    /** @type {Map<string, string>} */
    this.own = new Map();
  }

  /** @param {string} key @returns {string | null} */
  get(key) {
    try {
      return localStorage.getItem(this.prefix + key);
    } catch {
      return this.own.get(key) ?? null;
    }
  }

  /** @param {string} key @param {string} value */
  set(key, value) {
    try {
      localStorage.setItem(this.prefix + key, value);
    } catch {
      this.own.set(key, value);
    }
  }

  /** @param {string} key */
  remove(key) {
    try {
      localStorage.removeItem(this.prefix + key);
    } catch {
      this.own.delete(key);
    }
  }
}

export class Api {
  /** @param {string} path @param {string} channel */
  constructor(path, channel) {
    this.path = path;
    this.memory = new Memory(`messaging.chat.${channel}.`);
  }

  get token() {
    return this.memory.get("token") ?? "";
  }

  get visitor() {
    return this.token.split(".")[1] ?? "";
  }

  /** @param {string} name */
  async begin(name) {
    const answer = await this.call("POST", "/session", JSON.stringify({ name, token: this.token }));
    this.memory.set("token", answer.token);
  }

  forget() {
    this.memory.remove("token");
  }

  /** @param {number} before @returns {Promise<History>} */
  history(before = 0) {
    return this.call("GET", before ? `/messages?before=${before}` : "/messages");
  }

  /** @param {{id: string, text: string, files: File[]}} draft @returns {Promise<Message>} */
  async send(draft) {
    /** @type {BodyInit} */
    let body = JSON.stringify({ id: draft.id, text: draft.text });
    if (draft.files.length > 0) {
      body = new FormData();
      body.append("id", draft.id);
      body.append("text", draft.text);
      for (const file of draft.files) body.append("files", file, file.name);
    }
    return (await this.call("POST", "/messages", body)).message;
  }

  /** @param {number} delivered @param {number} read */
  progress(delivered, read) {
    return this.call("POST", "/progress", JSON.stringify({ delivered, read }));
  }

  /** @param {number} since */
  socket(since) {
    const url = new URL(`${this.path}/live`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("since", String(since));
    url.searchParams.set("token", this.token);
    return new WebSocket(url);
  }

  /** @param {string} method @param {string} path @param {BodyInit} [body] @returns {Promise<any>} */
  async call(method, path, body) {
    /** @type {Record<string, string>} */
    const headers = {};
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (typeof body === "string") headers["Content-Type"] = "application/json";
    const response = await fetch(this.path + path, { method, headers, body, credentials: "omit", cache: "no-store" });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) {
      const message = answer.error?.message ?? "Something went wrong. Try again in a moment.";
      throw new Refusal(response.status, message, Number(response.headers.get("Retry-After") ?? 0));
    }
    return answer;
  }
}
