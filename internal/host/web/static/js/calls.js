// Phone numbers: a click shows the window of a calling app with the number and
// what the page knows of the record. With several apps the person picks one, with
// none there are suggestions. With a key or a long press a number stays a link.
import {ask} from './ask.js';
import {dockApps} from './dock.js';
import {showWindow} from './floating.js';
import {place} from './menus.js';
import {visit} from './shell.js';

/** @typedef {{client_id: string, name: string, summary: string, icon_url: string}} Suggested */

/**
 * What the page says of the number's record, from the nearest element inwards to
 * the page's own: data-record holds kind:id, several separated by blanks.
 * @param {Element} from
 * @returns {[kind: string, id: string][]}
 */
function recordsAround(from) {
  /** @type {[string, string][]} */
  const out = [];
  for (let e = from.closest('[data-record]'); e; e = e.parentElement?.closest('[data-record]') ?? null) {
    for (const word of (e.getAttribute('data-record') ?? '').split(/\s+/)) {
      const at = word.indexOf(':');
      if (at > 0 && word.length > at + 1) out.push([word.slice(0, at), word.slice(at + 1)]);
    }
  }
  return out;
}

/** @param {string} id @returns {number | string} leads have ids that are no numbers */
function idOf(id) {
  return /^\d+$/.test(id) ? Number(id) : id;
}

/**
 * What a calling app is told of a number. The contract does not name the keys, so
 * that each name that apps are known to read is there.
 * spec: surface.calls.context
 * @param {string} number
 * @param {Element} from
 * @returns {Record<string, unknown>}
 */
export function callContext(number, from) {
  /** @type {Record<string, unknown>} */
  const context = {
    number, phone: number, phone_number: number, phoneNumber: number, call: {number}, data: {number, phone: number},
  };
  const around = recordsAround(from);
  for (const [kind, id] of around) {
    const name = `${kind}_id`;
    context[name] ??= idOf(id);
    if (kind === 'organization') context.org_id ??= idOf(id);
  }
  const page = document.getElementById('main')?.getAttribute('data-record')?.split(/\s+/)[0]?.split(':');
  const [resource, id] = page ?? around[0] ?? [];
  if (resource && id) Object.assign(context, {resource, view: page ? 'details' : 'list', selectedIds: id});
  return context;
}

/**
 * @param {HTMLElement} link
 */
function call(link) {
  const number = link.dataset.phone ?? '';
  const apps = dockApps().filter((a) => a.calls);
  const [only] = apps;
  if (only && apps.length === 1) use(only, number, link);
  else if (only) choose(link, number, apps);
  else void suggest(link, number);
}

/**
 * @param {import('./dock.js').App} app
 * @param {string} number
 * @param {Element} from
 */
function use(app, number, from) {
  if (app.waiting) void visit(`/marketplace/app/${encodeURIComponent(app.clientID)}`);
  else showWindow(app.clientID, callContext(number, from));
}

/**
 * Several apps: which one?
 * @param {HTMLElement} link
 * @param {string} number
 * @param {import('./dock.js').App[]} apps
 */
function choose(link, number, apps) {
  const m = menu(link, `Call ${number} with`);
  m.add(...apps.map((app) => {
    const b = document.createElement('button');
    b.type = 'button';
    b.className = 'menu-item';
    const tile = document.createElement('span');
    tile.className = 'dock-tile';
    tile.append(app.tile());
    b.append(tile, words(app.name, app.waiting ? 'Authorise it to use it' : ''));
    if (app.waiting) tile.append(Object.assign(document.createElement('span'), {className: 'dock-dot'}));
    b.addEventListener('click', () => {
      m.close();
      use(app, number, link);
    });
    return b;
  }));
  m.open();
}

/**
 * No app: which could there be?
 * @param {HTMLElement} link
 * @param {string} number
 */
async function suggest(link, number) {
  /** @type {{apps: Suggested[], more: string}} */
  let found = {apps: [], more: '/marketplace'};
  try {
    found = await ask('/_dockwright/surfaces/callers', {});
  } catch (err) {
    console.info('no suggestions', err);
  }
  const m = menu(link, `Call ${number}`);
  m.note(found.apps.length ? 'No app that calls is installed yet. These could:' : 'No app that calls is installed yet.');
  m.add(...found.apps.map((s) => {
    const a = document.createElement('a');
    a.className = 'menu-item';
    a.href = `/marketplace/app/${encodeURIComponent(s.client_id)}`;
    a.append(tile(s), words(s.name, s.summary));
    return a;
  }));
  const more = document.createElement('a');
  more.className = 'menu-item';
  more.href = found.more;
  more.append(words('Find apps in the Marketplace', ''));
  m.add(more);
  m.open();
}

/** @param {Suggested} s */
function tile(s) {
  const box = document.createElement('dw-avatar');
  box.className = 'avatar app-tile tint-0';
  box.setAttribute('aria-hidden', 'true');
  if (s.icon_url) box.append(Object.assign(document.createElement('img'), {src: s.icon_url, alt: '', referrerPolicy: 'no-referrer'}));
  const initials = document.createElement('span');
  initials.className = 'avatar-initials';
  initials.dataset.initials = [...s.name][0]?.toUpperCase() ?? '';
  box.append(initials);
  return box;
}

/**
 * @param {string} name
 * @param {string} more
 */
function words(name, more) {
  const box = document.createElement('span');
  box.className = 'dock-words';
  const first = document.createElement('span');
  first.className = 'truncate';
  first.textContent = name;
  box.append(first);
  if (more) {
    const second = document.createElement('span');
    second.className = 'muted small truncate';
    second.textContent = more;
    box.append(second);
  }
  return box;
}

/**
 * A menu at a number, with the number itself as its last entry.
 * @param {HTMLElement} link
 * @param {string} title
 */
function menu(link, title) {
  document.getElementById('dw-calls')?.remove();
  const box = document.createElement('div');
  box.id = 'dw-calls';
  box.className = 'menu menu-calls';
  box.popover = 'auto';
  box.setAttribute('aria-label', title);
  const head = document.createElement('h2');
  head.className = 'menu-title';
  head.textContent = title;
  const list = document.createElement('ul');
  list.className = 'menu-list';
  box.append(head, list);
  box.addEventListener('toggle', (e) => {
    if (/** @type {ToggleEvent} */ (e).newState !== 'closed') return;
    const inside = box.contains(document.activeElement) || document.activeElement === document.body;
    box.remove();
    if (inside && link.isConnected) link.focus({preventScroll: true});
  });
  /** @param {HTMLElement[]} items */
  const add = (...items) => {
    for (const i of items) {
      const li = document.createElement('li');
      li.append(i);
      list.append(li);
    }
  };
  return {
    add,
    /** @param {string} text */
    note(text) {
      const p = document.createElement('p');
      p.className = 'menu-note';
      p.textContent = text;
      head.after(p);
    },
    close() { box.hidePopover(); },
    open() {
      const device = document.createElement('a');
      device.className = 'menu-item';
      device.href = `tel:${link.dataset.phone ?? ''}`;
      device.append(words('Call with this device', ''));
      device.addEventListener('click', () => { box.hidePopover(); });
      add(device);
      document.body.append(box);
      box.showPopover();
      place(box, link.getBoundingClientRect());
      /** @type {HTMLElement | null} */ (list.querySelector('.menu-item'))?.focus();
    },
  };
}

// spec: surface.calls
document.addEventListener('click', (e) => {
  if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
  const link = e.target instanceof Element ? e.target.closest('[data-phone]') : null;
  if (!(link instanceof HTMLElement) || !document.querySelector('dw-dock')) return;
  e.preventDefault();
  call(link);
});
