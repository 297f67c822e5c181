// The Developer Hub: a JSON upload that was refused shows the line.

document.addEventListener('dw:submitted', (e) => {
  const form = e.target;
  if (!(form instanceof HTMLFormElement)) return;
  const text = form.querySelector('textarea.mono');
  const fault = form.querySelector('.field-error')?.textContent ?? '';
  const line = Number(/^Line (\d+),/.exec(fault)?.[1]);
  // A chosen file was sent instead of the text.
  const file = form.querySelector('input[type="file"]');
  if (!line || !(text instanceof HTMLTextAreaElement) || (file instanceof HTMLInputElement && file.files?.length)) return;
  mark(text, line);
});

/**
 * Selects a line and brings it into view.
 * @param {HTMLTextAreaElement} text
 * @param {number} line from 1
 */
function mark(text, line) {
  const lines = text.value.split('\n');
  const begin = lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
  const details = text.closest('details');
  if (details) details.open = true;
  text.focus();
  text.setSelectionRange(begin, begin + (lines[line - 1] ?? '').length);
  text.scrollTop = Math.max(0, (line - 4) * (text.scrollHeight / lines.length));
}
