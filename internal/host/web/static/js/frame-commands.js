// The commands of apps that need nothing but the page: sizes, tokens, messages,
// questions, and the way to other pages.
import {ask} from './ask.js';
import {question, toast} from './feedback.js';
import {Refused, address, maybeObject, maybeNumber, maybeText, object, show, text, word} from './frame-args.js';
import {command} from './frames.js';
import {visit} from './shell.js';

// spec: surface.command.resize
command('resize', (frame, args) => {
  const size = object(args);
  frame.resize({width: maybeNumber(size, 'width'), height: maybeNumber(size, 'height')});
});

// spec: surface.command.get-signed-token
command('get_signed_token', (frame) => ask('/_dockwright/surfaces/token', {extension: frame.info?.extension}));

// spec: surface.command.get-metadata
command('get_metadata', () => ({windowHeight: innerHeight, windowWidth: innerWidth}));

// spec: surface.command.show-snackbar
command('show_snackbar', (frame, args) => {
  const given = object(args);
  const message = text(given, 'message', 500);
  const link = maybeObject(given, 'link');
  if (!link) {
    toast(message);
    return;
  }
  const url = address(link, 'url');
  toast(message, {link: {label: text(link, 'label', 100), url: url.href}});
});

const colors = /** @type {const} */ (['primary', 'secondary', 'negative']);

// spec: surface.command.show-confirmation
command('show_confirmation', async (frame, args) => {
  const given = object(args);
  const confirmed = await question({
    title: text(given, 'title', 200),
    description: maybeText(given, 'description', 2000),
    ok: maybeText(given, 'okText', 50) || 'OK',
    cancel: maybeText(given, 'cancelText', 50) || 'Cancel',
    color: word(given, 'okColor', colors, 'negative'),
    from: frame.info?.app.name,
    signal: frame.over,
  });
  return {confirmed};
});

/** Where the views of the contract are here. @type {Record<string, string>} */
const views = {deals: '/deals', leads: '/leads', organizations: '/organizations', contacts: '/persons'};
const whole = /^[1-9]\d{0,15}$/;
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const viewNames = ['deals', 'leads', 'organizations', 'contacts', 'campaigns', 'projects', 'settings'];

// spec: surface.command.redirect-to
command('redirect_to', (frame, args) => {
  const given = object(args);
  const view = word(given, 'view', viewNames);
  if (view === 'settings') {
    const context = maybeObject(given, 'context');
    const query = context ? '?' + new URLSearchParams({context: JSON.stringify(context)}).toString() : '';
    go(`/settings/marketplace/app/${encodeURIComponent(frame.info?.app.client_id ?? '')}/app-settings${query}`);
    return;
  }
  const path = views[view];
  if (!path) throw new Refused(`view: this host has no ${view}`);
  const id = given.id;
  if (id === undefined || id === null || id === '') {
    go(path);
    return;
  }
  if ((typeof id !== 'number' && typeof id !== 'string') || !(view === 'leads' ? uuid : whole).test(String(id))) {
    throw new Refused(`id: expected ${view === 'leads' ? 'the UUID of a lead' : 'a whole number'}, got ${show(id)}`);
  }
  go(`${path}/${String(id)}`);
});

/**
 * The app is answered before the page changes: a panel leaves with its page.
 * @param {string} to
 */
function go(to) {
  setTimeout(() => { void visit(to); });
}
