// Light and dark: what the person chose, what it comes to on this machine, and
// the same in every tab.

const root = document.documentElement;
const dark = matchMedia('(prefers-color-scheme: dark)');
const tabs = new BroadcastChannel('dw-theme');

/**
 * The theme as the person sees it.
 * @returns {'light' | 'dark'}
 */
export function theme() {
  const chosen = root.dataset.theme;
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return dark.matches ? 'dark' : 'light';
}

let shown = theme();

/**
 * Changes the theme of every tab, without loading a page again.
 * spec: surface.theme
 * @param {string} chosen light, dark or auto
 */
export function chooseTheme(chosen) {
  apply(chosen);
  tabs.postMessage(chosen);
}

/** @param {string} chosen */
function apply(chosen) {
  root.dataset.theme = chosen;
  document.querySelector('meta[name="color-scheme"]')?.setAttribute('content', chosen === 'auto' ? 'light dark' : chosen);
  for (const b of document.querySelectorAll('dw-theme button')) b.setAttribute('aria-pressed', String(b instanceof HTMLButtonElement && b.value === chosen));
  tell();
}

/** Dispatches dw:theme when what is seen has changed. */
function tell() {
  const now = theme();
  if (now === shown) return;
  shown = now;
  document.dispatchEvent(new CustomEvent('dw:theme', {detail: now}));
}

dark.addEventListener('change', tell);
tabs.addEventListener('message', (e) => {
  if (['light', 'dark', 'auto'].includes(e.data)) apply(e.data);
});
