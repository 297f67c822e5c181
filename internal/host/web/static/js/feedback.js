// What is told to the person: spoken announcements, toasts, a question before
// something is deleted, and faults at the fields of a form.

/**
 * Says text to screen readers.
 * @param {string} text
 */
export function announce(text) {
  const region = document.getElementById('dw-announce');
  if (!region) return;
  region.textContent = '';
  // An empty moment between makes the same text be said twice.
  requestAnimationFrame(() => { region.textContent = text; });
}

/**
 * Shows a line at the bottom until it is closed or, unless it is a fault, for a
 * while.
 * @param {string} text
 * @param {{kind?: 'info' | 'danger', action?: {label: string, run: () => void}, link?: {label: string, url: string}}} [options]
 */
export function toast(text, options = {}) {
  const region = document.getElementById('dw-toasts');
  if (!region) return;
  const box = document.createElement('div');
  box.className = options.kind === 'danger' ? 'toast danger' : 'toast';
  const words = document.createElement('span');
  words.className = 'grow';
  words.textContent = text;
  box.append(words);
  if (options.action) {
    const {label, run} = options.action;
    box.append(button(label, () => { box.remove(); run(); }));
  }
  if (options.link) {
    const a = document.createElement('a');
    a.textContent = options.link.label;
    a.href = options.link.url;
    if (a.origin !== location.origin) {
      a.target = '_blank';
      a.rel = 'noopener';
    }
    box.append(a);
  }
  box.append(button('Close', () => box.remove()));
  region.append(box);
  raise(region);
  while (region.children.length > 4) region.firstElementChild?.remove();
  if (options.kind !== 'danger') setTimeout(() => box.remove(), 7000);
}

/**
 * Puts the toasts above dialogs that were opened since.
 * @param {HTMLElement} region
 */
function raise(region) {
  if (region.matches(':popover-open')) {
    if (!document.querySelector('dialog:modal')) return;
    region.hidePopover();
  }
  region.showPopover();
}

/**
 * @param {string} label
 * @param {() => void} run
 */
function button(label, run) {
  const b = document.createElement('button');
  b.type = 'button';
  b.className = 'button quiet small';
  b.textContent = label;
  b.addEventListener('click', run);
  return b;
}

/**
 * Asks before something that cannot be undone.
 * @param {string} words
 * @param {string} label of the button that says yes
 * @returns {Promise<boolean>}
 */
export function confirm(words, label) {
  return question({title: 'Are you sure?', description: words, ok: label, cancel: 'Cancel', color: 'negative'});
}

/** How the button that says yes looks. */
const colors = {primary: 'success', secondary: '', negative: 'danger primary'};
let questions = 0;

/**
 * Asks something that is answered with yes or no.
 * @param {{
 *   title: string, description: string, ok: string, cancel: string, color: keyof typeof colors,
 *   from?: string, signal?: AbortSignal,
 * }} q from is the app that asks; the signal takes the question back
 * @returns {Promise<boolean>}
 */
export function question(q) {
  const dialog = document.createElement('dialog');
  dialog.className = 'dialog';
  const id = `dw-question-${++questions}`;
  const title = Object.assign(document.createElement('h2'), {textContent: q.title, id});
  dialog.setAttribute('aria-labelledby', id);
  const head = document.createElement('div');
  head.className = 'dialog-head';
  head.append(title);
  dialog.append(head);
  for (const [words, kind] of [[q.description, ''], [q.from ? `Asked by ${q.from}` : '', 'muted small']]) {
    if (!words) continue;
    const body = document.createElement('div');
    body.className = `dialog-body ${kind}`;
    body.textContent = words;
    if (!kind) {
      body.id = `${id}-text`;
      dialog.setAttribute('aria-describedby', body.id);
    }
    dialog.append(body);
  }
  const foot = document.createElement('form');
  foot.method = 'dialog';
  foot.className = 'dialog-foot';
  for (const [value, text, kind] of [['no', q.cancel, ''], ['yes', q.ok, colors[q.color]]]) {
    const b = document.createElement('button');
    b.value = value ?? '';
    b.textContent = text ?? '';
    b.className = `button ${kind}`;
    foot.append(b);
  }
  dialog.append(foot);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    const takeBack = () => dialog.close('no');
    q.signal?.addEventListener('abort', takeBack);
    dialog.addEventListener('close', () => {
      q.signal?.removeEventListener('abort', takeBack);
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
  });
}

/**
 * Takes the faults off a form.
 * @param {HTMLFormElement} form
 */
export function clearFaults(form) {
  for (const e of form.querySelectorAll('.field-error')) e.remove();
  for (const e of form.querySelectorAll('[aria-invalid]')) {
    e.removeAttribute('aria-invalid');
    e.removeAttribute('aria-describedby');
  }
}

/**
 * Shows why a form was refused: at the input of that name, else as a toast.
 * @param {HTMLFormElement} form
 * @param {{field?: string, message: string}} problem
 */
export function showFault(form, problem) {
  const found = problem.field ? form.elements.namedItem(problem.field) : null;
  const input = found instanceof RadioNodeList ? found[0] : found; // several check boxes have one name
  if (!(input instanceof HTMLElement) || input.getAttribute('type') === 'hidden') {
    toast(problem.field ? `${problem.field}: ${problem.message}` : problem.message, {kind: 'danger'});
    return;
  }
  const line = document.createElement('p');
  line.className = 'field-error';
  line.id = `fault-${problem.field}`;
  line.textContent = problem.message;
  input.setAttribute('aria-invalid', 'true');
  input.setAttribute('aria-describedby', line.id);
  (input.closest('.field, fieldset') ?? input.parentElement ?? form).append(line);
  input.focus();
  announce(problem.message);
}
