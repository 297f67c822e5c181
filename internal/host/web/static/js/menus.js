// Popover menus open beside their button; arrow keys move inside them; "/" goes
// to the search field.

document.addEventListener('toggle', (e) => {
  const menu = e.target;
  if (!(menu instanceof HTMLElement) || !menu.matches('.menu[popover]')) return;
  const opener = document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
  const open = menu.matches(':popover-open');
  opener?.setAttribute('aria-expanded', String(open));
  if (open && opener && !menu.matches('.menu-dock, .menu-user')) place(menu, opener.getBoundingClientRect());
}, true);

/**
 * Puts a menu below what opened it if there is room, else above; always inside the window.
 * @param {HTMLElement} menu
 * @param {DOMRect} by
 */
export function place(menu, by) {
  const gap = 4;
  const {width, height} = menu.getBoundingClientRect();
  const below = by.bottom + gap + height <= innerHeight - 8;
  menu.style.top = `${below ? Math.max(8, by.bottom + gap) : Math.max(8, Math.min(by.top - gap, innerHeight - 8) - height)}px`;
  const left = by.left + width <= innerWidth - 8 ? by.left : by.right - width;
  menu.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
}

document.addEventListener('keydown', (e) => {
  if (e.key === '/' && !e.ctrlKey && !e.metaKey && !e.altKey && !typing(e.target)) {
    const field = document.querySelector('[data-shortcut="/"]');
    if (field instanceof HTMLInputElement) {
      e.preventDefault();
      field.focus();
      field.select();
    }
    return;
  }
  const menu = e.target instanceof Element ? e.target.closest('.menu[popover]') : null;
  if (!menu || (e.key !== 'ArrowDown' && e.key !== 'ArrowUp') || typing(e.target)) return;
  const items = [...menu.querySelectorAll('a[href], button:not(:disabled)')].filter((i) => i instanceof HTMLElement);
  const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = items[(at + (e.key === 'ArrowDown' ? 1 : items.length - 1)) % items.length];
  e.preventDefault();
  next?.focus();
});

/** @param {EventTarget | null} target */
function typing(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input:not([type="checkbox"]):not([type="radio"]), textarea, select'));
}
