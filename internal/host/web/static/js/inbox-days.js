// @ts-check
// The separators between the days of a thread.

const short = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });
const long = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });

/** @param {Date} d */
function keyOf(d) {
  return `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, '0')}-${String(d.getDate()).padStart(2, '0')}`;
}

/** @param {Date} d */
function labelOf(d) {
  const now = new Date();
  const midnights = Math.round((Date.UTC(now.getFullYear(), now.getMonth(), now.getDate()) - Date.UTC(d.getFullYear(), d.getMonth(), d.getDate())) / 86400000);
  if (midnights === 0) return 'Today';
  if (midnights === 1) return 'Yesterday';
  return (d.getFullYear() === now.getFullYear() ? short : long).format(d);
}

/**
 * Sets the separators of a list of messages where they are wrong: the server
 * does not know the reader's time zone, and older messages are put in front.
 * @param {Element} list
 */
export function separateDays(list) {
  let last = '';
  for (const el of [...list.children]) {
    const at = /** @type {HTMLElement} */ (el).dataset.at;
    if (at === undefined) continue;
    const d = new Date(at);
    const key = keyOf(d);
    const before = el.previousElementSibling;
    const sign = before instanceof HTMLElement && before.classList.contains('thread-day') ? before : null;
    if (key === last) sign?.remove();
    else mark(list, el, sign, key, labelOf(d));
    last = key;
  }
  for (const sign of [...list.querySelectorAll(':scope > .thread-day')]) {
    const next = sign.nextElementSibling;
    if (!next || next.classList.contains('thread-day')) sign.remove();
  }
}

/**
 * @param {Element} list
 * @param {Element} el
 * @param {HTMLElement | null} sign
 * @param {string} key
 * @param {string} label
 */
function mark(list, el, sign, key, label) {
  const day = sign ?? document.createElement('li');
  day.className = 'thread-day';
  day.dataset.day = key;
  if (day.textContent !== label) day.textContent = label;
  if (!sign) list.insertBefore(day, el);
}
