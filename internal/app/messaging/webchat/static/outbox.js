// Messages on their way: sent one after the other, in order, each with an id of
// its own, so that one which got through is not sent twice. What has no files
// survives a reload of the page.

import { Refusal } from "./api.js";

/**
 * @typedef {{id: string, text: string, at: string, files: File[], refused?: string}} Draft
 */

const firstPause = 1000;
const lastPause = 20000;

export class Outbox {
  /**
   * @param {import("./api.js").Api} api
   * @param {{sent: (draft: Draft, message: import("./api.js").Message) => void, refused: (draft: Draft) => void,
   *   waiting: (why: string) => void, strange: () => Promise<void>}} on
   */
  constructor(api, on) {
    this.api = api;
    this.on = on;
    this.running = false;
    this.pause = firstPause;
    this.notBefore = 0; // ms since 1970: we were too quick, and the app said until when
    /** @type {number | undefined} */
    this.timer = undefined;
    /** @type {Draft[]} */
    this.queue = this.load();
    addEventListener("online", () => this.run());
  }

  /** @returns {Draft[]} */
  load() {
    try {
      const kept = JSON.parse(this.api.memory.get("outbox") ?? "[]");
      return Array.isArray(kept) ? kept.map((d) => ({ id: String(d.id), text: String(d.text), at: String(d.at), files: [] })) : [];
    } catch {
      return [];
    }
  }

  keep() {
    const plain = this.queue.filter((d) => d.files.length === 0).map(({ id, text, at }) => ({ id, text, at }));
    this.api.memory.set("outbox", JSON.stringify(plain));
  }

  /** @param {Draft} draft */
  add(draft) {
    this.queue.push(draft);
    this.keep();
    this.run();
  }

  /** Sends what waits, unless we were too quick: then the timer does. */
  async run() {
    if (this.running || Date.now() < this.notBefore) return;
    this.running = true;
    clearTimeout(this.timer);
    while (this.queue.length > 0) {
      const wait = await this.sendFirst(this.queue[0]);
      if (wait > 0) {
        this.timer = setTimeout(() => {
          this.notBefore = 0;
          this.run();
        }, wait);
        break;
      }
    }
    this.running = false;
  }

  /** Sends one and returns how long to wait before the next try, 0 if it is done with. @param {Draft} draft */
  async sendFirst(draft) {
    try {
      const message = await this.api.send(draft);
      this.leave();
      this.pause = firstPause;
      this.on.sent(draft, message);
      return 0;
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) {
        await this.on.strange();
      } else if (error instanceof Refusal && !error.passing) {
        this.leave();
        draft.refused = error.message;
        this.on.refused(draft);
        return 0;
      }
      const asked = error instanceof Refusal ? error.retryAfter * 1000 : 0;
      this.on.waiting(error instanceof Refusal ? error.message : "No connection. What you wrote is sent when it is back.");
      const pause = Math.min(asked || this.pause, 60000);
      this.notBefore = error instanceof Refusal && error.status === 429 ? Date.now() + pause : 0;
      this.pause = Math.min(this.pause * 2, lastPause);
      return pause;
    }
  }

  leave() {
    this.queue.shift();
    this.keep();
  }
}
