// The page of a surface: a form for each command, a listener for each event. The
// README says which ids and data attributes drivers may rely on.
import { clearLog, inWords, log } from './log.js';
import { execute, newSDK, pause } from './sdk.js';
import { trials } from './trials.js';

/** @typedef {import('./sdk.js').SDK} SDK */

const root = document.documentElement;
const query = new URLSearchParams(location.search);

/** @type {SDK | undefined} */
let sdk;

/**
 * How the handshake stands.
 * @param {'starting' | 'waiting' | 'initialised' | 'refused' | 'never'} state
 * @param {string} [text]
 */
function setState(state, text) {
  root.dataset.sdk = state;
  const badge = /** @type {HTMLElement} */ (document.getElementById('state'));
  badge.dataset.state = state;
  badge.textContent = text ?? state;
  badge.title = badge.textContent;
}

/** Makes the SDK, listens, and initialises as the query asks: init=never, late or twice. */
async function start() {
  try {
    sdk = newSDK();
  } catch (fault) {
    setState('refused', inWords(fault));
    log({ kind: 'note', name: 'constructor', payload: fault });
    return;
  }
  for (const form of eventForms()) listen(form);
  const size = JSON.parse(document.body.dataset.size ?? '{}');
  const how = query.get('init');
  if (how === 'never') return setState('never', 'will not initialise');
  if (how === 'late') {
    const after = Number(query.get('after') ?? 11000);
    setState('waiting', `initialises after ${after} ms`);
    await pause(after);
  }
  await initialise(sdk, { size });
  if (how === 'twice') await initialise(newSDK(), {});
}

/**
 * Shakes hands and shows how that went.
 * @param {SDK} with_
 * @param {unknown} options
 */
async function initialise(with_, options) {
  log({ kind: 'command', name: 'initialize', payload: options });
  try {
    await with_.initialize(options);
    setState('initialised');
    log({ kind: 'answer', name: 'initialize', state: 'resolved' });
  } catch (fault) {
    setState('refused', inWords(fault));
    log({ kind: 'answer', name: 'initialize', state: 'rejected', payload: fault });
  }
}

/* Answers */

/**
 * Shows the state of a form's answer. The attribute data-run counts the answers,
 * so that a driver can tell a new one from the last.
 * @param {HTMLFormElement} form
 * @param {string} state
 * @param {string} text
 */
function show(form, state, text) {
  const out = /** @type {HTMLOutputElement} */ (form.elements.namedItem('answer'));
  out.textContent = text;
  out.dataset.state = state;
  if (state !== 'waiting') out.dataset.run = String(Number(out.dataset.run ?? 0) + 1);
}

/**
 * The argument in a form's field; nothing for an empty field.
 * @param {HTMLFormElement} form
 */
function argument(form) {
  const field = /** @type {HTMLTextAreaElement | null} */ (form.elements.namedItem('args'));
  const text = field?.value.trim() ?? '';
  return text === '' ? undefined : JSON.parse(text);
}

/**
 * Runs what a form stands for and shows how it ended.
 * @param {HTMLFormElement} form
 * @param {'answer' | 'trial'} kind
 * @param {string} name
 * @param {(args: unknown) => Promise<unknown>} work
 */
async function run(form, kind, name, work) {
  let args;
  try {
    args = argument(form);
  } catch (fault) {
    show(form, 'invalid', `The argument is not JSON. ${inWords(fault)}`);
    return;
  }
  show(form, 'waiting', 'waiting for the answer');
  const began = performance.now();
  log({ kind: kind === 'trial' ? 'trial' : 'command', name, payload: args });
  let state = 'resolved';
  let payload;
  try {
    const promise = work(args);
    try {
      payload = await promise;
    } catch (fault) {
      state = 'rejected';
      payload = fault;
    }
  } catch (fault) {
    state = 'threw'; // at once, as the SDK does before the handshake
    payload = fault;
  }
  const out = /** @type {HTMLOutputElement} */ (form.elements.namedItem('answer'));
  out.dataset.milliseconds = String(Math.round(performance.now() - began));
  log({ kind, name, state, payload });
  show(form, state, inWords(payload));
}

/* Commands */

/** @returns {NodeListOf<HTMLFormElement>} */
const commandForms = () => document.querySelectorAll('form[data-command]');

for (const form of commandForms()) {
  const command = form.dataset.command ?? '';
  const choice = /** @type {HTMLSelectElement | null} */ (form.elements.namedItem('choice'));
  choice?.addEventListener('change', () => {
    /** @type {HTMLTextAreaElement} */ (form.elements.namedItem('args')).value = choice.value;
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void run(form, 'answer', command, (args) => {
      if (!sdk) throw new Error('There is no SDK.');
      return execute(sdk, command, args).then((data) => {
        if (command === 'initialize') setState('initialised');
        return command === 'get_signed_token' ? verified(data) : data;
      });
    });
  });
}

/**
 * Asks this app's server what a fresh token says.
 * @param {unknown} data
 */
async function verified(data) {
  const token = /** @type {{ token?: string }} */ (data).token ?? '';
  const answer = await fetch('/viewer', { headers: { authorization: `Bearer ${token}` } });
  return { token, verified: await answer.json() };
}

/** What proves to this app's server who looks: a fresh token, because that of the address ends. */
async function proof() {
  if (!sdk || root.dataset.sdk !== 'initialised') return undefined;
  const { token } = /** @type {{ token: string }} */ (await sdk.execute('get_signed_token'));
  return { authorization: `Bearer ${token}` };
}

/* Events */

/** @type {Map<string, () => void>} */
const stops = new Map();

/** @returns {NodeListOf<HTMLFormElement>} */
const eventForms = () => document.querySelectorAll('form[data-event]');

for (const form of eventForms()) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (form.dataset.listening === 'true') stop(form);
    else listen(form);
  });
}

/** @param {HTMLFormElement} form */
function listen(form) {
  const name = form.dataset.event ?? '';
  if (!sdk) return;
  try {
    stops.set(name, sdk.listen(name, (message) => heard(form, name, message)));
  } catch (fault) {
    show(form, 'threw', inWords(fault));
    log({ kind: 'note', name: `listen ${name}`, payload: fault });
    return;
  }
  setListening(form, true);
}

/** @param {HTMLFormElement} form */
function stop(form) {
  const name = form.dataset.event ?? '';
  stops.get(name)?.();
  stops.delete(name);
  setListening(form, false);
}

/**
 * @param {HTMLFormElement} form
 * @param {boolean} on
 */
function setListening(form, on) {
  form.dataset.listening = String(on);
  /** @type {HTMLElement} */ (form.querySelector('button')).textContent = on ? 'Stop listening' : 'Listen';
}

/**
 * Shows an event, and follows the theme.
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {import('./sdk.js').Push} message
 */
function heard(form, name, message) {
  const times = Number(form.dataset.heard) + 1;
  form.dataset.heard = String(times);
  /** @type {HTMLElement} */ (form.querySelector('.count')).textContent = String(times);
  show(form, message.error ? 'rejected' : 'resolved', inWords(message));
  log({ kind: 'event', name, payload: message });
  if (name !== 'user_settings_change') return;
  const theme = message.data?.theme;
  if (theme === 'dark' || theme === 'light') root.dataset.theme = theme;
  // The SDK tells its listeners first, and changes its own settings then.
  queueMicrotask(() => fact('theme', `${theme}; userSettings.theme is ${sdk?.userSettings?.theme}`));
}

/* Trials */

/** @type {NodeListOf<HTMLFormElement>} */
const trialForms = document.querySelectorAll('form[data-trial]');
for (const form of trialForms) {
  const name = form.dataset.trial ?? '';
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void run(form, 'trial', name, async (args) => {
      const result = await trials[name]?.(args, sdk);
      return { result, hostAnswers: await stillAnswers() };
    });
  });
}

/** Whether the CRM carries out the simplest command, within five seconds: after a flood it may refuse for a while. */
async function stillAnswers() {
  if (!sdk || root.dataset.sdk !== 'initialised') return 'not initialised, so not asked';
  for (const until = performance.now() + 5000; performance.now() < until; await pause(100)) {
    const asked = sdk.execute('get_metadata').then(() => true, () => false);
    if (await Promise.race([asked, pause(until - performance.now()).then(() => false)])) return true;
  }
  return false;
}

/* Facts of the browser */

/**
 * @param {string} name
 * @param {string} value
 */
function fact(name, value) {
  const place = document.querySelector(`[data-fact="${name}"]`);
  if (place) place.textContent = value;
}

function showSize() {
  fact('surface', `${innerWidth} × ${innerHeight}`);
}

function storage() {
  try {
    localStorage.setItem('kitchensink_probe', '1');
    localStorage.removeItem('kitchensink_probe');
    return 'works';
  } catch (fault) {
    return inWords(fault);
  }
}

/** What the iframe's allow attribute lets this page ask the user for. */
function features() {
  const policy = /** @type {any} */ (document).featurePolicy;
  if (!policy) return 'this browser does not say';
  const names = ['microphone', 'camera', 'autoplay', 'clipboard-read', 'clipboard-write', 'display-capture', 'fullscreen'];
  return names.filter((name) => policy.allowsFeature(name)).join(', ') || 'nothing';
}

fact('referrer', document.referrer || 'none');
fact('storage', storage());
fact('features', features());
showSize();
addEventListener('resize', showSize);
addEventListener('focus', () => log({ kind: 'note', name: 'focus', payload: 'the SDK reports it, once in each time of focus' }));

document.getElementById('record')?.addEventListener('submit', (event) => {
  event.preventDefault();
  void run(/** @type {HTMLFormElement} */ (event.currentTarget), 'answer', 'record', async () => {
    const answer = await fetch(`/record${location.search}`, { headers: await proof() });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.error);
    return body;
  });
});

document.getElementById('log-clear')?.addEventListener('submit', (event) => {
  event.preventDefault();
  clearLog();
});

root.dataset.ready = 'true';
void start();
