// What both pages do: shake hands with the CRM, ask the app's server who looks
// and at what, and try some commands. surface.js has set AppExtensionsSDK.
const { Command, Event } = AppExtensionsSDK;
const params = new URLSearchParams(location.search);
const body = document.body;
const find = (id) => document.getElementById(id);

const sdk = new AppExtensionsSDK();
dress(sdk.userSettings.theme);
sdk.listen(Event.USER_SETTINGS_CHANGE, ({ data }) => dress(data.theme));
sdk.listen(Event.VISIBILITY, ({ data }) => hear(data));

const size = { height: Number(body.dataset.height) };
if (body.dataset.width) {
  size.width = Number(body.dataset.width); // a panel is as wide as the sidebar
}

on('snackbar', () => sdk.execute(Command.SHOW_SNACKBAR, { message: `Hello from ${document.title.toLowerCase()}` }));
on('taller', () => resize(60));
on('shorter', () => resize(-60));
on('hide', () => sdk.execute(Command.HIDE_FLOATING_WINDOW, { context: { reason: 'a button' } }));
on('again', async () => {
  // The token of the address is good for five minutes, a fresh one may be asked for
  // at any time.
  const { token } = await sdk.execute(Command.GET_SIGNED_TOKEN);
  await look(token);
});

await sdk.initialize({ size }); // within ten seconds, or the CRM shows a card instead
await look(params.get('token')).catch(complain);

// look asks the server, which verifies the token and reads the record.
async function look(token) {
  const query = new URLSearchParams();
  for (const name of ['resource', 'selectedIds']) {
    if (params.has(name)) {
      query.set(name, params.get(name));
    }
  }
  const answer = await fetch(`/api/look?${query}`, { headers: { Authorization: `Bearer ${token}` } });
  if (!answer.ok) {
    throw new Error(await answer.text());
  }
  show(await answer.json());
}

function show({ user, company, installed, record }) {
  const where = record ? `looks at ${record.kind} ${record.id}` : 'is here';
  find('who').textContent = installed ? `${user} of ${company} ${where}.` : `User ${user} of company ${company} ${where}.`;
  find('install').hidden = installed;
  find('record').hidden = !record?.name;
  if (!record?.name) {
    return;
  }
  find('name').textContent = record.name;
  find('facts').replaceChildren(...record.facts.flatMap(([label, value]) => [element('dt', label), element('dd', value)]));
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function resize(by) {
  size.height = Math.min(Math.max(size.height + by, 100), 700);
  return sdk.execute(Command.RESIZE, size);
}

function dress(theme) {
  document.documentElement.dataset.theme = theme;
}

function hear(data) {
  const list = find('heard');
  if (list) {
    list.querySelector('.none')?.remove();
    list.prepend(element('li', `${data.is_visible ? 'shown' : 'hidden'} ${JSON.stringify(data.context ?? {})}`));
  }
}

// on runs what a button does and says what went wrong.
function on(id, run) {
  find(id)?.addEventListener('click', () => {
    Promise.resolve().then(run).catch(complain);
  });
}

function complain(err) {
  find('who').textContent = err.message;
}
