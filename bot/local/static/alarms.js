// A sound and a notification for an alarm: asked for, off by default, kept in this browser.

import { gist } from "./draw.js";

const KEY = "lotse-alarm";
const TONES = [[880, 0], [660, 0.22], [880, 0.44]]; // hertz, seconds from the beginning
const LONG = 0.18; // seconds of a tone

let audio = null;
const wanted = { sound: false, notify: false };

try {
  Object.assign(wanted, JSON.parse(localStorage.getItem(KEY) ?? "{}"));
} catch {
  // Somebody else wrote there; both stay off.
}

export const alarms = {
  get sound() {
    return wanted.sound;
  },
  // A permission may have been taken back in the browser's own settings.
  get notify() {
    return wanted.notify && "Notification" in window && Notification.permission === "granted";
  },
  get any() {
    return this.sound || this.notify;
  },
};

export function wantSound(on) {
  wanted.sound = on;
  localStorage.setItem(KEY, JSON.stringify(wanted));
  if (on) wakeSound();
}

// Ask the browser; returns whether there are notifications now.
export async function wantNotification(on) {
  const can = on && "Notification" in window && (await Notification.requestPermission()) === "granted";
  wanted.notify = can;
  localStorage.setItem(KEY, JSON.stringify(wanted));
  return can;
}

// A browser plays nothing before somebody has touched the page.
function wakeSound() {
  if (!wanted.sound) return;
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume().catch(() => {});
}

for (const touch of ["pointerdown", "keydown"]) window.addEventListener(touch, wakeSound);

export function ring() {
  wakeSound();
  if (!audio) return;
  for (const [pitch, begin] of TONES) {
    const tone = audio.createOscillator();
    const loudness = audio.createGain();
    const at = audio.currentTime + begin;
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0.0001, at);
    loudness.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.0001, at + LONG);
    tone.connect(loudness).connect(audio.destination);
    tone.start(at);
    tone.stop(at + LONG);
  }
}

// An alarm has come for the one who looks; `open` leads to it.
export function alarm(line, open) {
  if (alarms.sound) ring();
  if (!alarms.notify) return;
  const said = line.body.parts.find((each) => each.kind === "text");
  notify(gist(line.body), said ? gist({ parts: [said] }) : "", line.id, open);
}

export function notify(title, body, tag, open) {
  const shown = new Notification(title, { body, tag, icon: "/page/icon.svg" });
  shown.addEventListener("click", () => {
    window.focus();
    shown.close();
    open();
  });
}
