// One line in a site: a button that opens the chat in a frame of the chat's own
// origin. It touches nothing of the site but one element at the end of the body.
(() => {
  const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
  if (!script || window.customElements.get("dockwright-chat")) return;
  const address = new URL(script.src);
  const page = address.origin + address.pathname.replace(/\/widget\.js$/, "");

  const look = `
    :host { all: initial; }
    button { position: fixed; right: 20px; bottom: 20px; z-index: 2147483000; width: 60px; height: 60px; border: 0; border-radius: 50%; background: #1f5fc4; color: #fff;
      cursor: pointer; box-shadow: 0 6px 24px rgb(10 20 40 / .3); display: grid; place-items: center; transition: transform .15s; }
    button:hover { transform: scale(1.06); } button:focus-visible { outline: 3px solid #9cc2ff; outline-offset: 3px; }
    svg { width: 28px; height: 28px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    .badge { position: absolute; top: -3px; right: -3px; min-width: 22px; height: 22px; padding: 0 6px; box-sizing: border-box; border-radius: 11px; background: #c9302c; color: #fff;
      font: 700 13px/22px system-ui, sans-serif; text-align: center; } [hidden] { display: none !important; }
    iframe { position: fixed; right: 20px; bottom: 94px; z-index: 2147483000; width: 380px; height: min(620px, calc(100vh - 120px)); border: 0; border-radius: 18px;
      box-shadow: 0 12px 48px rgb(10 20 40 / .3); background: Canvas; color-scheme: light dark; }
    @media (max-width: 500px) { iframe { inset: 0; width: 100%; height: 100%; border-radius: 0; } button.open { display: none; } }
    @media (prefers-reduced-motion: reduce) { button { transition: none; } }`;

  class DockwrightChat extends HTMLElement {
    connectedCallback() {
      const root = this.attachShadow({ mode: "closed" });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(look);
      root.adoptedStyleSheets = [sheet];
      this.button = document.createElement("button");
      this.button.type = "button";
      this.button.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M20 12a7.5 7.5 0 0 1-7.5 7.5c-1.3 0-2.500-.3-3.6-.9L4 20l1.400-4.600A7.5 7.5 0 1 1 20 12z"/></svg><span class="badge" hidden></span>';
      this.badge = /** @type {HTMLElement} */ (this.button.querySelector(".badge"));
      this.button.addEventListener("click", () => this.toggle());
      root.append(this.button);
      this.root = root;
      this.label(false);
      window.addEventListener("message", (event) => this.heard(event));
    }

    /** @param {MessageEvent} event */
    heard(event) {
      if (event.origin !== address.origin || !this.frame || event.source !== this.frame.contentWindow) return;
      if (event.data?.chat === "close") this.toggle();
      if (event.data?.chat === "unread" && this.badge) {
        const n = Number(event.data.count) || 0;
        this.badge.textContent = n > 9 ? "9+" : String(n);
        this.badge.hidden = n === 0 || !this.frame.hidden;
      }
    }

    toggle() {
      if (!this.frame) {
        this.frame = document.createElement("iframe");
        this.frame.src = `${page}?embed`;
        this.frame.title = "Chat";
        this.root?.append(this.frame);
      } else {
        this.frame.hidden = !this.frame.hidden;
      }
      this.label(!this.frame.hidden);
      if (this.badge && !this.frame.hidden) this.badge.hidden = true;
      if (this.frame.hidden) this.button?.focus();
      else this.frame.focus();
    }

    /** @param {boolean} open */
    label(open) {
      this.button?.classList.toggle("open", open);
      this.button?.setAttribute("aria-label", open ? "Close the chat" : "Open the chat");
      this.button?.setAttribute("aria-expanded", String(open));
    }
  }

  customElements.define("dockwright-chat", DockwrightChat);
  const mount = () => document.body.append(document.createElement("dockwright-chat"));
  if (document.body) mount();
  else addEventListener("DOMContentLoaded", mount);
})();
