// How new messages are noticed: the number in the title, and a sound for those
// who want one.
import {toast} from './feedback.js';

const soundKey = 'dockwright_sound';
const quiet = 2000; // ms between two sounds; what was missed comes all at once
let beeped = -quiet;

/** Begins to watch. */
export function start() {
  const title = () => { showCount(); };
  document.addEventListener('dw:title', title);
  document.addEventListener('dw:merged', title);
  document.addEventListener('dw:live', (e) => {
    const {kind} = /** @type {CustomEvent} */ (e).detail;
    const now = performance.now();
    if (kind !== 'message.received' || !soundOn() || now - beeped < quiet) return;
    beeped = now;
    beep();
  });
  document.addEventListener('dw:newer', () => {
    toast('Dockwright was updated.', {action: {label: 'Load it', run: () => location.reload()}});
  });
  showCount();
}

/** Puts "(3) " before the title while three conversations are unread. */
function showCount() {
  const badge = document.getElementById('unread');
  if (!badge) return;
  const n = Number(badge.dataset.count ?? 0);
  const plain = document.title.replace(/^\(\d+\+?\) /, '');
  const title = n > 0 ? `(${n}) ${plain}` : plain;
  if (document.title !== title) document.title = title;
}

/** @returns {boolean} whether the person switched the sound on, in this browser */
export function soundOn() {
  return localStorage.getItem(soundKey) === 'on';
}

/** @param {boolean} on */
export function setSound(on) {
  if (on) localStorage.setItem(soundKey, 'on');
  else localStorage.removeItem(soundKey);
  if (on) beep();
}

/** @type {AudioContext | null} */
let audio = null;

/** Two soft tones, made here: no file, no network. */
function beep() {
  audio ??= new AudioContext();
  const at = audio.currentTime;
  for (const [i, pitch] of [660, 880].entries()) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, at + i * 0.11);
    volume.gain.linearRampToValueAtTime(0.08, at + i * 0.11 + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0005, at + i * 0.11 + 0.22);
    tone.connect(volume).connect(audio.destination);
    tone.start(at + i * 0.11);
    tone.stop(at + i * 0.11 + 0.24);
  }
}
