// Where the visitor writes: text that grows, emoji, files with a preview.

import { size } from "./thread.js";

const emoji = [..."😀😃😄😁😊🙂😉😍😘😎🤔😅😂🤣😇🙃😢😭😡😱😴🤗🙏👍👎👌👏🙌💪👋🤝❤️💙💚💛🔥✨⭐🎉🎁☕🍕🚀📦📷📎✅❌❓❗".matchAll(/\p{Extended_Pictographic}\uFE0F?/gu)].map((m) => m[0]);

/** @template {HTMLElement} T @param {string} id @param {new () => T} type @returns {T} */
function byID(id, type) {
  const e = document.getElementById(id);
  if (!(e instanceof type)) throw new Error(`#${id} is missing`);
  return e;
}

export class Composer {
  /** @param {{maxFiles: number, maxFile: number, send: (text: string, files: File[]) => void}} options */
  constructor(options) {
    this.o = options;
    this.form = byID("composer", HTMLFormElement);
    this.text = byID("text", HTMLTextAreaElement);
    this.input = byID("files", HTMLInputElement);
    this.name = byID("name", HTMLInputElement);
    this.button = byID("send", HTMLButtonElement);
    this.previews = byID("previews", HTMLUListElement);
    this.palette = byID("palette", HTMLDivElement);
    this.emoji = byID("emoji", HTMLButtonElement);
    this.problem = byID("problem", HTMLParagraphElement);
    /** @type {File[]} */
    this.files = [];
    this.listen();
    this.listenEmoji();
    this.changed();
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.submit();
      }
    });
    this.text.addEventListener("input", () => this.changed());
    this.text.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) {
        event.preventDefault();
        this.add(files);
      }
    });
    byID("attach", HTMLButtonElement).addEventListener("click", () => this.input.click());
    this.input.addEventListener("change", () => {
      this.add([...(this.input.files ?? [])]);
      this.input.value = "";
    });
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      this.add([...(event.dataTransfer?.files ?? [])]);
    });
  }

  listenEmoji() {
    for (const e of emoji) {
      const b = document.createElement("button");
      b.type = "button";
      b.textContent = e;
      b.addEventListener("click", () => this.insert(e));
      this.palette.append(b);
    }
    this.emoji.addEventListener("click", () => this.showPalette(Boolean(this.palette.hidden)));
    this.form.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.palette.hidden) {
        this.showPalette(false);
        this.emoji.focus();
      }
    });
    document.addEventListener("pointerdown", (event) => {
      const on = event.target;
      if (on instanceof Node && !this.palette.contains(on) && !this.emoji.contains(on)) this.showPalette(false);
    });
  }

  /** @param {boolean} open */
  showPalette(open) {
    this.palette.hidden = !open;
    this.emoji.setAttribute("aria-expanded", String(open));
    if (open) /** @type {HTMLElement | null} */ (this.palette.firstElementChild)?.focus();
  }

  /** @param {string} e */
  insert(e) {
    this.text.setRangeText(e, this.text.selectionStart, this.text.selectionEnd, "end");
    this.showPalette(false);
    this.text.focus();
    this.changed();
  }

  /** @param {File[]} files */
  add(files) {
    this.say("");
    for (const f of files) {
      if (this.files.length >= this.o.maxFiles) {
        this.say(`A message takes up to ${this.o.maxFiles} files. Send the others in a second one.`);
        break;
      }
      if (f.size > this.o.maxFile) this.say(`${f.name} is ${size(f.size)}. Files can have up to ${size(this.o.maxFile)}.`);
      else this.files.push(f);
    }
    this.showPreviews();
  }

  showPreviews() {
    this.previews.replaceChildren(...this.files.map((f, i) => {
      const li = document.createElement("li");
      if (/^image\/(png|jpeg|gif|webp)$/.test(f.type)) {
        const img = document.createElement("img");
        img.src = URL.createObjectURL(f);
        img.alt = "";
        li.append(img);
      }
      const name = document.createElement("span");
      name.textContent = f.name;
      const remove = document.createElement("button");
      remove.type = "button";
      remove.setAttribute("aria-label", `Take ${f.name} away`);
      remove.textContent = "×";
      remove.addEventListener("click", () => {
        this.files.splice(i, 1);
        this.showPreviews();
        this.text.focus();
      });
      li.append(name, remove);
      return li;
    }));
    this.previews.hidden = this.files.length === 0;
    this.changed();
  }

  changed() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, 140)}px`;
    this.button.disabled = this.text.value.trim() === "" && this.files.length === 0;
  }

  submit() {
    const text = this.text.value.trim();
    if (text === "" && this.files.length === 0) return;
    const files = this.files;
    this.files = [];
    this.text.value = "";
    this.say("");
    this.showPreviews();
    this.o.send(text, files);
    this.text.focus();
  }

  /** @param {string} problem */
  say(problem) {
    this.problem.textContent = problem;
    this.problem.hidden = problem === "";
  }
}
