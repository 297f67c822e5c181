// The list of messages.

/**
 * @typedef {import("./api.js").Message} Message
 * @typedef {import("./outbox.js").Draft} Draft
 */

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const words = { sending: "Sending", sent: "Sent", delivered: "Delivered", read: "Read", failed: "Not sent" };

/** @param {string} tag @param {string} [cls] @param {string} [text] */
function el(tag, cls, text) {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  if (text !== undefined) e.textContent = text;
  return e;
}

/** Text with its links, as nodes: nothing a person writes becomes markup. @param {string} text */
export function linked(text) {
  const out = document.createDocumentFragment();
  let rest = 0;
  for (const match of text.matchAll(/https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g)) {
    out.append(text.slice(rest, match.index));
    const a = document.createElement("a");
    a.href = match[0];
    a.textContent = match[0];
    a.rel = "noopener noreferrer nofollow";
    a.target = "_blank";
    out.append(a);
    rest = match.index + match[0].length;
  }
  out.append(text.slice(rest));
  return out;
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < 1e6) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

const onlyEmoji = /^(?:\p{Extended_Pictographic}|\p{Emoji_Component}|\s){1,12}$/u;

export class Thread {
  /** @param {HTMLElement} list @param {HTMLElement} scroller @param {(seq: number) => void} seen */
  constructor(list, scroller, seen) {
    this.list = list;
    this.scroller = scroller;
    /** @type {Map<string, Message>} */
    this.known = new Map();
    this.observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) seen(Number(/** @type {HTMLElement} */ (entry.target).dataset.seq));
      }
    }, { root: null, threshold: 0.5 });
  }

  get newest() {
    return Math.max(0, ...[...this.known.values()].map((m) => m.seq));
  }

  get oldest() {
    return Math.min(...[...this.known.values()].map((m) => m.seq));
  }

  /** @param {Message} m */
  show(m) {
    const before = this.known.get(m.id);
    this.known.set(m.id, m);
    const item = this.item(m.id, m.outgoing, m.created_at);
    item.dataset.seq = String(m.seq);
    if (!before) this.fill(item, m.text, m.files.map((f) => this.file(f)));
    this.setStatus(item, m.status);
    this.place(item, m.seq);
    if (m.outgoing && m.status !== "read") this.observer.observe(item);
  }

  /** A message that is on its way. @param {string} id @param {Draft} draft */
  showDraft(id, draft) {
    const item = this.item(id, false, draft.at);
    this.fill(item, draft.text, draft.files.map((f) => this.preview(f)));
    this.setStatus(item, "sending");
    this.place(item, Infinity);
  }

  /** @param {string} id @param {string} why */
  refuse(id, why) {
    const item = this.find(id);
    if (!item) return;
    this.setStatus(item, "failed");
    item.querySelector(".bubble")?.append(el("p", "why", why));
  }

  /** @param {string} id @param {string} status */
  status(id, status) {
    const m = this.known.get(id);
    if (m) m.status = status;
    const item = this.find(id);
    if (item) this.setStatus(item, status);
    if (item && status === "read") this.observer.unobserve(item);
  }

  clear() {
    this.known.clear();
    this.list.replaceChildren();
  }

  /** @param {string} id @returns {HTMLElement | null} */
  find(id) {
    return this.list.querySelector(`li[data-id="${CSS.escape(id)}"]`);
  }

  /** @param {string} id @param {boolean} outgoing @param {string} at */
  item(id, outgoing, at) {
    const old = this.find(id);
    const item = old ?? el("li", outgoing ? "theirs" : "mine");
    item.dataset.id = id;
    item.dataset.at = at;
    item.dataset.outgoing = String(outgoing);
    if (!old) {
      const meta = el("p", "meta");
      meta.append(el("time"), el("span", "status"));
      item.append(el("div", "bubble"), meta);
    }
    const time = /** @type {HTMLTimeElement} */ (item.querySelector("time"));
    time.dateTime = at;
    time.textContent = clock.format(new Date(at));
    return item;
  }

  /** @param {HTMLElement} item @param {string} text @param {Node[]} files */
  fill(item, text, files) {
    const bubble = /** @type {HTMLElement} */ (item.querySelector(".bubble"));
    bubble.replaceChildren(...files);
    if (text) {
      const p = el("p", onlyEmoji.test(text) ? "text big" : "text");
      p.append(linked(text));
      bubble.append(p);
    }
  }

  /** @param {HTMLElement} item @param {string} status */
  setStatus(item, status) {
    item.dataset.status = status;
    const shown = /** @type {HTMLElement} */ (item.querySelector(".status"));
    shown.textContent = item.dataset.outgoing === "true" ? "" : words[/** @type {keyof typeof words} */ (status)] ?? "";
  }

  /** @param {import("./api.js").FileView} f */
  file(f) {
    const a = document.createElement("a");
    a.href = f.url;
    a.rel = "noopener";
    a.target = "_blank";
    if (f.image) {
      a.className = "picture";
      const img = document.createElement("img");
      img.src = f.url;
      img.alt = f.name;
      img.addEventListener("load", () => this.settle());
      img.addEventListener("error", () => this.list.dispatchEvent(new CustomEvent("stale-link")), { once: true });
      a.append(img);
      return a;
    }
    a.className = "file";
    a.download = f.name;
    a.append(el("span", "file-name", f.name), el("span", "file-size", size(f.size)));
    return a;
  }

  /** @param {File} f */
  preview(f) {
    if (/^image\/(png|jpeg|gif|webp)$/.test(f.type)) {
      const box = el("span", "picture");
      const img = document.createElement("img");
      img.src = URL.createObjectURL(f);
      img.alt = f.name;
      img.addEventListener("load", () => this.settle());
      box.append(img);
      return box;
    }
    const box = el("span", "file");
    box.append(el("span", "file-name", f.name), el("span", "file-size", size(f.size)));
    return box;
  }

  /** Puts an item where its place says, with a line where a day begins. @param {HTMLElement} item @param {number} seq */
  place(item, seq) {
    const stuck = this.atEnd();
    const next = [...this.list.querySelectorAll("li[data-id]")].find((other) => {
      const s = /** @type {HTMLElement} */ (other).dataset.seq;
      return other !== item && (s === undefined ? seq !== Infinity : Number(s) > seq);
    });
    if (item.parentElement !== this.list || item.nextElementSibling !== (next ?? null)) this.list.insertBefore(item, next ?? null);
    this.days();
    if (stuck || item.dataset.outgoing === "false") this.toEnd();
  }

  days() {
    let last = "";
    for (const item of [...this.list.children]) {
      if (!(item instanceof HTMLElement)) continue;
      if (!item.dataset.id) {
        item.remove();
        continue;
      }
      const label = day.format(new Date(item.dataset.at ?? ""));
      if (label !== last) item.before(el("li", "day", label));
      last = label;
    }
  }

  atEnd() {
    const s = this.scroller;
    return s.scrollHeight - s.scrollTop - s.clientHeight < 80;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.stuck = true;
  }

  /** A picture has got its height: stay at the end if we were there. */
  settle() {
    if (this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 420) this.toEnd();
  }
}
