// The page of an app in an iframe. It speaks the protocol of the SDK by hand and
// runs what the test orders, one after the other.
const params = new URLSearchParams(location.search);
const id = params.get('id');
const pushes = []; // {event, message} of all listeners

/** Sends a message to the host as it is. */
function post(message, ports = []) {
  parent.postMessage(message, '*', ports);
}

/** Sends a command; gives what came on its port, or null after `wait` ms without. */
function command(name, args, {as = id, wait = 20000} = {}) {
  const {port1, port2} = new MessageChannel();
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), wait);
    port1.onmessage = (e) => {
      clearTimeout(timer);
      resolve(e.data);
    };
    post({payload: {command: name, args, type: 'command'}, id: as}, [port2]);
  });
}

const initialize = (size) => command('initialize', size ? {size} : {});

/** Listens to an event; what comes stands in pushes. Gives the port. */
function listen(event, as = id) {
  const {port1, port2} = new MessageChannel();
  port1.onmessage = (e) => { pushes.push({event, message: e.data}); };
  post({id: as, payload: {type: 'listener', event}}, [port2]);
  return port1;
}

/** Waits until something holds. */
async function until(holds, wait = 20000) {
  const end = performance.now() + wait;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`never came: ${holds}`);
    await new Promise((go) => { setTimeout(go, 15); });
  }
  return true;
}

const AsyncFunction = (async () => {}).constructor;

async function obey() {
  const instance = crypto.getRandomValues(new Uint32Array(2)).join('-');
  const headers = {'App-Page': location.pathname, 'App-Instance': instance};
  // What this page was told and has not done, the next one does.
  addEventListener('pagehide', () => { navigator.sendBeacon(`/gone?${new URLSearchParams({page: location.pathname, instance})}`); });
  for (;;) {
    const js = await (await fetch('/order', {method: 'POST', headers})).text();
    let body;
    try {
      body = {value: (await new AsyncFunction(js)()) ?? null};
    } catch (err) {
      body = {error: String(err)};
    }
    await fetch('/done', {method: 'POST', headers, body: JSON.stringify(body)});
  }
}

obey().catch(() => {}); // the server is gone, or this page
