// What is said in both directions, newest first. Drivers of the page read it from
// the list, or hear each entry as the event "sink:entry" of the document.

/** How many entries are kept. */
const most = 300;

let number = 0;

/**
 * One thing that was said.
 * @typedef {object} Entry
 * @property {'command' | 'answer' | 'event' | 'trial' | 'note'} kind
 * @property {string} name  the command, the event or the trial
 * @property {unknown} [payload]
 * @property {string} [state]  of an answer: resolved, rejected or threw
 */

/**
 * Writes an entry.
 * @param {Entry} entry
 */
export function log(entry) {
  number += 1;
  const item = document.createElement('li');
  item.dataset.kind = entry.kind;
  item.dataset.name = entry.name;
  item.dataset.number = String(number);
  if (entry.state) item.dataset.state = entry.state;
  const time = document.createElement('time');
  const now = new Date();
  time.dateTime = now.toISOString();
  time.textContent = now.toTimeString().slice(0, 8) + '.' + String(now.getMilliseconds()).padStart(3, '0');
  const title = document.createElement('strong');
  title.textContent = `${entry.kind} ${entry.name}`;
  item.append(time, title);
  if ('payload' in entry) {
    const code = document.createElement('code');
    code.textContent = inWords(entry.payload);
    item.append(code);
  }
  const list = /** @type {HTMLElement} */ (document.getElementById('entries'));
  list.prepend(item);
  while (list.childElementCount > most) list.lastElementChild?.remove();
  document.dispatchEvent(new CustomEvent('sink:entry', { detail: { ...entry, number } }));
}

/** Empties the list. */
export function clearLog() {
  document.getElementById('entries')?.replaceChildren();
}

/**
 * A value as text: JSON, shortened, and "undefined" for nothing.
 * @param {unknown} value
 */
export function inWords(value) {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  const text = value === undefined ? 'undefined' : JSON.stringify(value, null, 1);
  return text.length > 4000 ? `${text.slice(0, 4000)}… (${text.length} characters)` : text;
}
