// The visitor's page: one conversation, kept in this browser by a token.

import { Api, Refusal } from "./api.js";
import { Composer } from "./composer.js";
import { Outbox } from "./outbox.js";
import { Thread } from "./thread.js";

const page = document.body.dataset;
const embedded = document.body.classList.contains("embedded");

/** @param {string} id */
const get = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

class Chat {
  constructor() {
    this.api = new Api(page.path ?? "", page.channel ?? "");
    this.thread = new Thread(get("messages"), get("scroller"), (seq) => this.sawMessage(seq));
    this.composer = new Composer({ maxFiles: Number(page.maxFiles), maxFile: Number(page.maxFile), send: (text, files) => this.send(text, files) });
    this.outbox = new Outbox(this.api, {
      sent: (draft, message) => this.sent(draft, message),
      refused: (draft) => this.thread.refuse(this.idOf(draft.id), draft.refused ?? ""),
      waiting: (why) => this.say(why),
      strange: () => this.beStranger(),
    });
    this.live = 0;
    this.pause = 500;
    this.delivered = 0;
    this.read = 0;
    this.told = { delivered: 0, read: 0 };
    this.waitingToRead = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
  }

  async start() {
    get("older").addEventListener("click", () => this.older());
    get("messages").addEventListener("stale-link", () => this.refreshLinks());
    document.addEventListener("visibilitychange", () => this.sawMessage(this.waitingToRead));
    document.getElementById("close")?.addEventListener("click", () => parent.postMessage({ chat: "close" }, "*"));
    this.setOpen(page.open === "true");
    if (this.api.token) {
      get("name-row").hidden = true;
      await this.load();
      this.showDrafts();
      this.outbox.run();
    }
  }

  /** The server's id for one of ours. @param {string} id */
  idOf(id) {
    return `v-${this.api.visitor}-${id}`;
  }

  showDrafts() {
    for (const d of this.outbox.queue) {
      if (!this.thread.known.has(this.idOf(d.id))) this.thread.showDraft(this.idOf(d.id), d);
    }
    this.welcome();
  }

  async load() {
    try {
      const h = await this.api.history();
      this.live = Math.max(this.live, h.live);
      for (const m of h.messages) this.show(m);
      get("older").hidden = !h.older;
      this.setOpen(h.open);
      this.thread.toEnd();
      this.say("");
      this.connect();
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) await this.beStranger();
      else this.say("No connection. We keep trying.");
      setTimeout(() => this.load(), 3000);
    }
  }

  /** The app does not know our token: its key has changed, or storage is from elsewhere. */
  async beStranger() {
    this.api.forget();
    await this.api.begin(this.composer.name.value).catch(() => {});
  }

  async older() {
    const s = get("scroller");
    const fromEnd = s.scrollHeight - s.scrollTop;
    const h = await this.api.history(this.thread.oldest).catch(() => null);
    if (!h) return;
    for (const m of h.messages) this.show(m);
    get("older").hidden = !h.older;
    s.scrollTop = s.scrollHeight - fromEnd;
  }

  /** Links to files expire; the newest messages come with fresh ones. */
  async refreshLinks() {
    if (this.refreshed) return;
    this.refreshed = true;
    setTimeout(() => { this.refreshed = false; }, 60000);
    const h = await this.api.history().catch(() => null);
    for (const m of h?.messages ?? []) {
      this.thread.known.delete(m.id);
      this.show(m);
    }
  }

  /** @param {import("./api.js").Message} m */
  show(m) {
    this.thread.show(m);
    if (m.outgoing && m.seq > this.delivered) this.delivered = m.seq;
    if (m.outgoing && (m.status === "delivered" || m.status === "read")) this.told.delivered = Math.max(this.told.delivered, m.seq);
    if (m.outgoing && m.status === "read") this.told.read = Math.max(this.told.read, m.seq);
    this.welcome();
    this.tell();
  }

  welcome() {
    get("welcome").hidden = get("messages").childElementCount > 0;
  }

  /** @param {string} text @param {File[]} files */
  async send(text, files) {
    if (!this.api.token) {
      try {
        await this.api.begin(this.composer.name.value);
      } catch (error) {
        this.composer.text.value = text;
        this.composer.files = files;
        this.composer.showPreviews();
        this.composer.say(error instanceof Refusal ? error.message : "No connection. Try again in a moment.");
        return;
      }
      get("name-row").hidden = true;
      await this.load();
    }
    const id = Array.from(crypto.getRandomValues(new Uint8Array(9)), (b) => b.toString(16).padStart(2, "0")).join("");
    const draft = { id, text, at: new Date().toISOString(), files };
    this.thread.showDraft(this.idOf(id), draft);
    this.welcome();
    this.outbox.add(draft);
  }

  /** @param {import("./outbox.js").Draft} draft @param {import("./api.js").Message} message */
  sent(draft, message) {
    const item = this.thread.find(this.idOf(draft.id));
    if (item && message.id !== item.dataset.id) item.remove();
    const known = this.thread.known.get(message.id);
    this.show(known && known.status === "delivered" ? { ...message, status: "delivered" } : message);
    this.say("");
  }

  connect() {
    if (this.socket) return;
    const socket = this.api.socket(this.live);
    this.socket = socket;
    socket.addEventListener("open", () => {
      this.pause = 500;
      this.say("");
    });
    socket.addEventListener("message", (event) => this.heard(JSON.parse(event.data)));
    socket.addEventListener("close", () => {
      this.socket = null;
      setTimeout(() => this.connect(), this.pause * (0.5 + Math.random()));
      this.pause = Math.min(this.pause * 2, 15000);
    });
  }

  /** @param {{seq: number, kind: string, data: any, reload?: boolean}} event */
  heard(event) {
    if (event.reload) {
      this.live = 0;
      this.load();
      return;
    }
    this.live = Math.max(this.live, event.seq);
    if (event.kind === "chat.message") this.show(event.data);
    if (event.kind === "chat.status") {
      const known = this.thread.known.get(event.data.id);
      if (known && (known.status !== "read" || event.data.status === "failed")) this.thread.status(event.data.id, event.data.status);
    }
    if (event.kind === "chat.channel") this.setOpen(event.data.open);
    this.outbox.run();
  }

  /** @param {boolean} open */
  setOpen(open) {
    get("closed").hidden = open;
    this.composer.form.hidden = !open;
    this.say("");
    if (open) this.outbox.run();
  }

  /** @param {string} why */
  say(why) {
    const presence = get("presence");
    presence.textContent = why || "We reply as soon as we can";
    presence.classList.toggle("trouble", why !== "");
  }

  /** A message from the business is in view. @param {number} seq */
  sawMessage(seq) {
    if (document.visibilityState !== "visible") {
      this.waitingToRead = Math.max(this.waitingToRead, seq);
      return;
    }
    if (seq > this.read) this.read = seq;
    this.tell();
  }

  /** Lets the business know, once for all that came together. */
  tell() {
    if (embedded) parent.postMessage({ chat: "unread", count: [...this.thread.known.values()].filter((m) => m.outgoing && m.seq > Math.max(this.read, this.told.read)).length }, "*");
    if (this.telling || (this.delivered <= this.told.delivered && this.read <= this.told.read)) return;
    this.telling = setTimeout(async () => {
      const { delivered, read } = this;
      try {
        await this.api.progress(delivered, read);
        this.told = { delivered: Math.max(delivered, this.told.delivered), read: Math.max(read, this.told.read) };
        this.telling = undefined;
        this.tell();
      } catch {
        setTimeout(() => {
          this.telling = undefined;
          this.tell();
        }, 3000);
      }
    }, 40);
  }
}

await new Chat().start();
document.documentElement.dataset.ready = "true";
