// @ts-check
// Merging lists that the server sends again into lists that a person is reading.

/**
 * Puts an element into a list kept in the order of data-order. One with the same
 * id is replaced only if its data-version differs, so that pictures do not load
 * twice and nothing flickers.
 * @param {Element} list
 * @param {HTMLElement} item
 * @param {(a: string, b: string) => number} order
 * @returns {boolean} whether the element is new to the list
 */
export function place(list, item, order) {
  const known = /** @type {HTMLElement | null} */ (list.querySelector(`:scope > #${CSS.escape(item.id)}`));
  if (known) {
    if (known.dataset.version === item.dataset.version) return false;
    if (known.dataset.order === item.dataset.order) {
      replace(known, item);
      return false;
    }
    known.remove();
  }
  const key = item.dataset.order ?? '';
  let next = null;
  for (let at = list.lastElementChild; at; at = at.previousElementSibling) {
    const k = /** @type {HTMLElement} */ (at).dataset.order;
    if (k === undefined) continue;
    if (order(k, key) <= 0) break;
    next = at;
  }
  list.insertBefore(item, next);
  return !known;
}

/**
 * Replaces an element; what had the focus in it has it in the new one.
 * @param {Element} before
 * @param {Element} after
 */
function replace(before, after) {
  const reachable = 'a, button, input, select, textarea';
  const active = document.activeElement;
  const index = active && before.contains(active) ? [...before.querySelectorAll(reachable)].indexOf(active) : -1;
  before.replaceWith(after);
  const to = after.querySelectorAll(reachable)[index];
  if (to instanceof HTMLElement) to.focus({ preventScroll: true });
}

/** @param {string} a @param {string} b */
export const ascending = (a, b) => compare(a, b);

/** @param {string} a @param {string} b */
export const descending = (a, b) => compare(b, a);

/**
 * Compares "microseconds.id" keys by their numbers.
 * @param {string} a
 * @param {string} b
 */
function compare(a, b) {
  const [at = '0', ai = '0'] = a.split('.');
  const [bt = '0', bi = '0'] = b.split('.');
  return Number(at) - Number(bt) || Number(ai) - Number(bi);
}
