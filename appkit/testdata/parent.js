// A host that records what it hears, and answers a command with args.reply: a
// list of what to post on the port. Listeners get what "push" asks for.
window.heard = [];
const answers = {
  show_confirmation: [{ data: { confirmed: true } }],
  get_metadata: [{ data: { windowHeight: 900, windowWidth: 1280 } }],
};
const pushes = {
  visibility: [{ data: { is_visible: true, context: { invoker: 'user' } } }, {}, null, { error: 'denied' }, { data: 'too late' }],
  close_custom_modal: [{}],
  user_settings_change: [{ data: { theme: 'light' }, theme: 'light' }],
};
const ports = {};

function record(data, n) {
  const text = JSON.stringify(data, (_, v) => (v === undefined ? '(undefined)' : v));
  window.heard.push(`${text} ${n} ${n === 1 ? 'port' : 'ports'}`);
}

addEventListener('message', ({ data, ports: [port], ports: { length } }) => {
  if (data.outcome) {
    window.outcome = data.outcome;
    return;
  }
  if (data.push) {
    ports[data.push].postMessage(pushes[data.push][0]);
    return;
  }
  record(data, length);
  const { type, command, args, event } = data.payload;
  if (type === 'command') {
    for (const reply of args?.reply ?? answers[command] ?? [{}]) {
      port.postMessage(reply);
    }
  } else if (type === 'listener') {
    ports[event] = port;
    for (const push of pushes[event]) {
      port.postMessage(push);
    }
  }
});

const app = new URLSearchParams(location.search).get('app');
document.querySelector('iframe').src = `${app}?id=rt_7f31c0&theme=dark`;
document.documentElement.dataset.ready = 'true';
