// A host inside of the page: outside of an iframe the page is its own parent, so
// what the SDK posts arrives here. Loaded before the SDK.
window.host = { commands: [], listeners: [], tracks: 0, strays: 0, push(event, message) {
  for (const l of host.listeners) if (l.event === event) l.port.postMessage(message);
} };
window.addEventListener('message', (e) => {
  const { id, payload } = e.data ?? {};
  const port = e.ports[0];
  if (id !== 'rt_1' || !payload) { host.strays += 1; return; }
  if (payload.type === 'track') { host.tracks += 1; return; }
  if (!port) { host.strays += 1; return; }
  if (payload.type === 'listener') { host.listeners.push({ event: payload.event, port }); return; }
  if (payload.type !== 'command') { host.strays += 1; return; }
  host.commands.push({ command: payload.command, args: payload.args });
  const answers = {
    initialize: {}, show_snackbar: {}, show_confirmation: { data: { confirmed: true } }, resize: {}, open_modal: { data: { status: 'closed' } },
    close_modal: {}, get_signed_token: { data: { token: window.freshToken ?? 'not.a.token' } }, redirect_to: {}, show_floating_window: {},
    hide_floating_window: {}, set_notification: {}, set_focus_mode: {}, get_metadata: { data: { windowHeight: 900, windowWidth: 1280 } },
  };
  const known = Object.hasOwn(answers, payload.command);
  port.postMessage(known ? answers[payload.command] : { error: `There is no command ${payload.command}.` });
});
