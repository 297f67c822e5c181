// Drives a page of the kitchen sink for a test: says hello, does what it is told,
// and reports what the page logs. See sink_driver_test.go.
const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/driver/`);
const send = (message) => socket.send(JSON.stringify(message));

const form = (name) => document.querySelector(`#${name}`);

// Fills in a form, sends it, and waits until it shows an answer.
async function run({ name, args }) {
  const f = form(name);
  if (f.elements.args) f.elements.args.value = args ?? '';
  const out = f.elements.answer;
  const before = out.dataset.run;
  const done = new Promise((resolve) => {
    const watch = new MutationObserver(() => {
      if (out.dataset.run === before) return;
      watch.disconnect();
      resolve();
    });
    watch.observe(out, { attributes: true });
  });
  f.requestSubmit();
  await done;
  return { state: out.dataset.state, text: out.textContent };
}

const orders = {
  run,
  fact: ({ name }) => document.querySelector(`[data-fact="${name}"]`).textContent.trim(),
  root: ({ name }) => document.documentElement.dataset[name] ?? '',
  size: () => [innerWidth, innerHeight],
  sdk: () => Object.keys(globalThis.AppExtensionsSDK.default ?? globalThis.AppExtensionsSDK).sort(),
  // What browsers do when a tab or a window comes to the front, which a test
  // without a screen cannot do to one frame alone.
  dispatch: ({ name, on }) => {
    (on === 'document' ? document : window).dispatchEvent(new Event(name));
    return true;
  },
};

socket.addEventListener('message', async (event) => {
  const order = JSON.parse(event.data);
  try {
    send({ n: order.n, value: await orders[order.do](order) });
  } catch (fault) {
    send({ n: order.n, fault: String(fault) });
  }
});

socket.addEventListener('open', () => {
  send({ hello: { surface: document.body.dataset.surface, id: new URLSearchParams(location.search).get('id') } });
  document.addEventListener('sink:entry', (event) => {
    const { kind, name, payload, state, number } = event.detail;
    send({ entry: { kind, name, state, number, payload: payload instanceof Error ? { error: payload.message } : payload } });
  });
});
