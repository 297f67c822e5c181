// @ts-check
// The files that wait beside the message being written, each with a preview and
// a button that takes it away again.

export class Attachments {
  /**
   * @param {HTMLElement} host
   * @param {(message: string) => void} complain
   * @param {AbortSignal} signal
   */
  constructor(host, complain, signal) {
    /** @type {File[]} */
    this.files = [];
    // The server says no itself too; here it is said before anything is sent.
    this.most = Number(host.dataset.maxFiles);
    this.largest = Number(host.dataset.maxSize);
    this.complain = complain;
    this.tray = /** @type {HTMLElement} */ (host.querySelector('[data-files]'));
    this.input = /** @type {HTMLInputElement} */ (host.querySelector('[data-input]'));
    this.input.addEventListener('change', () => {
      this.add([...(this.input.files ?? [])]);
      this.input.value = '';
    }, { signal });
    host.addEventListener('paste', (e) => {
      const files = [...(e.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      e.preventDefault();
      this.add(files);
    }, { signal });
    this.takeDrops(host.parentElement ?? host, signal);
  }

  /**
   * Files may be dropped anywhere on the conversation.
   * @param {HTMLElement} area
   * @param {AbortSignal} signal
   */
  takeDrops(area, signal) {
    const carriesFiles = (/** @type {DragEvent} */ e) => e.dataTransfer?.types.includes('Files') ?? false;
    area.addEventListener('dragover', (e) => {
      if (!carriesFiles(e)) return;
      e.preventDefault();
      area.classList.add('is-dropping');
    }, { signal });
    area.addEventListener('dragleave', (e) => {
      if (!(e.relatedTarget instanceof Node) || !area.contains(e.relatedTarget)) area.classList.remove('is-dropping');
    }, { signal });
    area.addEventListener('drop', (e) => {
      if (!carriesFiles(e)) return;
      e.preventDefault();
      area.classList.remove('is-dropping');
      this.add([...(e.dataTransfer?.files ?? [])]);
    }, { signal });
  }

  /** @param {File[]} more */
  add(more) {
    for (const file of more) {
      if (this.files.length >= this.most) {
        this.complain(`A message may have ${this.most} files. Send the others in a second message.`);
        break;
      }
      if (file.size > this.largest) {
        this.complain(`“${file.name}” is too large: a file may have ${Math.floor(this.largest / 1048576)} MB.`);
        continue;
      }
      this.files.push(file);
      this.tray.append(this.chip(file));
    }
    this.tray.hidden = this.files.length === 0;
  }

  /** Returns the files and forgets them. */
  take() {
    const files = this.files;
    this.files = [];
    for (const image of this.tray.querySelectorAll('img')) URL.revokeObjectURL(image.src);
    this.tray.replaceChildren();
    this.tray.hidden = true;
    return files;
  }

  /** @param {File} file */
  chip(file) {
    const item = document.createElement('li');
    item.className = 'composer-file';
    if (/^image\/(png|jpeg|gif|webp)$/.test(file.type)) {
      const image = document.createElement('img');
      image.src = URL.createObjectURL(file);
      image.alt = '';
      item.append(image);
    }
    const name = document.createElement('span');
    name.className = 'file-name';
    name.dir = 'auto';
    name.textContent = file.name;
    const drop = document.createElement('button');
    drop.type = 'button';
    drop.className = 'composer-file-drop';
    drop.setAttribute('aria-label', `Remove ${file.name}`);
    drop.textContent = '×';
    drop.addEventListener('click', () => {
      this.files = this.files.filter((f) => f !== file);
      const image = item.querySelector('img');
      if (image) URL.revokeObjectURL(image.src);
      item.remove();
      this.tray.hidden = this.files.length === 0;
      this.input.focus();
    });
    item.append(name, drop);
    return item;
  }
}
