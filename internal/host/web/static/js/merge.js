// Makes an element of the document like a new one that the server has sent, and
// touches only what differs: focus, selection, what was typed, scroll positions
// and pictures that are loaded stay. Children are matched by id, the others in
// their order.

/** @typedef {{leaf?: boolean}} ElementClass a leaf writes its own children, and attributes beside the server's */

/**
 * @param {Element} have in the document
 * @param {Element} want as it should be
 */
export function merge(have, want) {
  const focused = document.activeElement;
  const inside = focused && focused !== have && have.contains(focused) ? focused : null;
  const ends = atEnd(have);
  element(have, want);
  for (const e of ends) e.scrollTop = e.scrollHeight;
  if (inside && !inside.isConnected) {
    const again = inside.id && document.getElementById(inside.id);
    if (again instanceof HTMLElement) again.focus({preventScroll: true});
  }
}

/**
 * The scrolling elements that stand at their end and want to stay there.
 * @param {Element} root
 */
function atEnd(root) {
  const all = [...root.querySelectorAll('[data-stick]')];
  const outer = root.closest('[data-stick]');
  if (outer) all.push(outer);
  return all.filter((e) => e.scrollHeight - e.scrollTop - e.clientHeight < 48);
}

/**
 * @param {Element} have
 * @param {Element} want
 */
function element(have, want) {
  if (have.hasAttribute('data-keep') || have.isEqualNode(want)) return;
  const type = /** @type {ElementClass | undefined} */ (customElements.get(have.localName));
  attributes(have, want, type?.leaf === true);
  if (type?.leaf) return;
  if (have === document.activeElement && have instanceof HTMLTextAreaElement) return;
  children(have, want);
}

/** Attributes that the browser or a person changes, and not the server. */
const theirs = new Set(['open', 'aria-busy', 'aria-expanded']);

/**
 * @param {Element} have
 * @param {Element} want
 * @param {boolean} leaf
 */
function attributes(have, want, leaf) {
  for (const {name, value} of [...want.attributes]) {
    if (have.getAttribute(name) === value) continue;
    if (theirs.has(name)) continue;
    have.setAttribute(name, value);
  }
  if (leaf) return;
  for (const {name} of [...have.attributes]) {
    if (want.hasAttribute(name) || theirs.has(name)) continue;
    have.removeAttribute(name);
  }
}

/**
 * @param {Element} have
 * @param {Element} want
 */
function children(have, want) {
  /** @type {Map<string, Element>} */
  const byId = new Map();
  for (const c of have.children) if (c.id) byId.set(c.id, c);
  const wanted = [...want.childNodes];
  // What is gone goes first: nothing that stays has to be moved past it.
  const stays = new Set(wanted.map((w) => (w instanceof Element ? w.id : '')));
  for (const [id, c] of byId) if (!stays.has(id)) c.remove();
  let at = have.firstChild;
  for (const w of wanted) {
    const match = find(w, at, byId);
    if (!match) {
      have.insertBefore(document.importNode(w, true), at);
      continue;
    }
    if (match === at) at = at.nextSibling;
    else move(have, match, at);
    node(match, w);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/**
 * The node that becomes w: the one with its id, else the next one of its kind.
 * @param {ChildNode} w
 * @param {ChildNode | null} at
 * @param {Map<string, Element>} byId
 * @returns {ChildNode | null}
 */
function find(w, at, byId) {
  const id = w instanceof Element ? w.id : '';
  if (id) {
    const m = byId.get(id);
    byId.delete(id);
    return m && m.nodeName === w.nodeName ? m : null;
  }
  for (let n = at; n; n = n.nextSibling) {
    const keyed = n instanceof Element && n.id !== '';
    if (!keyed && n.nodeName === w.nodeName) return n;
  }
  return null;
}

/**
 * Moves a child without unloading what is in it, where the browser can.
 * @param {Element} parent
 * @param {ChildNode} child
 * @param {ChildNode | null} before
 */
function move(parent, child, before) {
  const p = /** @type {Element & {moveBefore?: (n: Node, b: Node | null) => void}} */ (parent);
  if (p.moveBefore) p.moveBefore(child, before);
  else p.insertBefore(child, before);
}

/**
 * @param {ChildNode} have
 * @param {ChildNode} want
 */
function node(have, want) {
  if (have instanceof Element && want instanceof Element) element(have, want);
  else if (have.nodeValue !== want.nodeValue) have.nodeValue = want.nodeValue;
}
