// Tries the script in every way that the contract has a word about, and tells
// the parent what came of it.
const { Command, Event: Events } = AppExtensionsSDK;
const outcome = {};

function tried(run) {
  try {
    return run();
  } catch (err) {
    return `thrown: ${err.message}`;
  }
}

async function settled(promise) {
  try {
    const value = await promise;
    return value === undefined ? 'undefined' : value;
  } catch (err) {
    return `rejected: ${err.name === 'Error' ? err.message : err.name}`;
  }
}

const address = location.href;
function constructAt(query) {
  history.replaceState(null, '', query);
  try {
    return new AppExtensionsSDK();
  } catch (err) {
    return err.message;
  } finally {
    history.replaceState(null, '', address);
  }
}

outcome['constructed without id'] = constructAt('?theme=dark');
outcome['constructed with an empty id'] = constructAt('?id=');
// It speaks to a window of its own, whose only message says its id.
const said = await new Promise((resolve) => {
  const other = new AppExtensionsSDK({ identifier: 'rt_other', targetWindow: { postMessage: resolve } });
  other.listen(Events.VISIBILITY, () => {});
});
outcome['constructed with an id'] = said.id;

const sdk = new AppExtensionsSDK();
outcome.theme = sdk.userSettings;
const say = (...args) => sdk.execute(...args);

outcome['executed too early'] = tried(() => say(Command.GET_METADATA));
outcome['initialize refused'] = await settled(sdk.initialize({ reply: [{ error: 'not now' }] }));
outcome['executed after a refusal'] = tried(() => say(Command.GET_METADATA));

// Listening is allowed before initialize.
const pushes = [];
const allPushed = new Promise((resolve) => {
  sdk.listen(Events.VISIBILITY, (push) => {
    pushes.push(push);
    if (push.error) {
      resolve();
    }
  });
});

outcome.initialize = (await sdk.initialize()) === sdk;
outcome['unknown command'] = tried(() => say('minimize_floating_window'));
outcome['unknown event'] = tried(() => sdk.listen('view_settings', () => {}));
await allPushed;

outcome.answer = await settled(say(Command.SHOW_CONFIRMATION, { title: 'Sure?' }));
outcome.void = await settled(say(Command.SET_FOCUS_MODE, true));
outcome.refused = await settled(say(Command.RESIZE, { reply: [{ error: 'boom' }] }));
outcome['refused with data'] = await settled(say(Command.RESIZE, { reply: [{ error: 'e', data: 1 }] }));
outcome['refused with no words'] = await settled(say(Command.RESIZE, { reply: [{ error: '' }] }));
outcome['refused with an object'] = await settled(say(Command.RESIZE, { reply: [{ error: { message: 'x' } }] }));
outcome['answered twice'] = await settled(say(Command.RESIZE, { reply: [{ data: 1 }, { data: 2 }] }));
outcome['a function in the arguments'] = await settled(say(Command.RESIZE, { height: () => 1 }));

const never = settled(say(Command.RESIZE, { reply: [null, { data: 1 }] }));
for (let i = 0; i < 5; i++) {
  await say(Command.GET_METADATA);
}
outcome['answered with null'] = await Promise.race([never, Promise.resolve('pending')]);
outcome.pushes = pushes; // without the one of null, and without the one after the error

let closed = 0;
await new Promise((resolve) => {
  const stop = sdk.listen(Events.CLOSE_CUSTOM_MODAL, () => {
    closed++;
    stop();
    resolve();
  });
});
parent.postMessage({ push: Events.CLOSE_CUSTOM_MODAL }, '*');
for (let i = 0; i < 5; i++) {
  await say(Command.GET_METADATA);
}
outcome['pushes after stop'] = closed;

outcome['settings pushed'] = await new Promise((resolve) => {
  sdk.listen(Events.USER_SETTINGS_CHANGE, resolve);
});
outcome['settings afterwards'] = sdk.userSettings;

const states = [];
const stop = sdk.listen(Events.PAGE_VISIBILITY_STATE, (push) => states.push(push));
document.dispatchEvent(new Event('visibilitychange'));
outcome['page visibility'] = [...states];
stop();
document.dispatchEvent(new Event('visibilitychange'));
outcome['page visibility after stop'] = states.length;

for (const name of ['focus', 'focus', 'blur', 'focus']) {
  window.dispatchEvent(new Event(name));
}

const elsewhere = [];
sdk.setWindow({ postMessage: (...message) => elsewhere.push(message) });
say(Command.GET_METADATA);
outcome['another target window'] = elsewhere.length === 1 && elsewhere[0][1] === '*' && elsewhere[0][2].length === 1;
sdk.setWindow(parent);
outcome['settled by the set-back parent'] = await settled(say(Command.GET_METADATA));

outcome.words = Object.fromEntries(
  Object.entries(AppExtensionsSDK).map(([name, words]) => [name, Object.values(words)]),
);
parent.postMessage({ outcome }, '*');
