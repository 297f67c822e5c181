// The operator's page works without this: it adds copying and a question before
// what cannot be taken back.

/** @param {HTMLButtonElement} button */
async function copy(button) {
  const input = button.previousElementSibling;
  if (!(input instanceof HTMLInputElement)) return;
  try {
    await navigator.clipboard.writeText(input.value);
    button.textContent = "Copied";
  } catch {
    input.select();
    button.textContent = "Press Ctrl+C";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.addEventListener("click", () => copy(/** @type {HTMLButtonElement} */ (button)));
}
for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!confirm(form.getAttribute("data-confirm") ?? "")) event.preventDefault();
  });
}
document.documentElement.dataset.ready = "true";
