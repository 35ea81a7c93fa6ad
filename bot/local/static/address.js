// Addresses within the page: a channel, an incident or a message, in the fragment of the URL.
//
// #/stoerungen is a channel, #/@ben Ben's direct messages, #/stoerungen/<id> a message there,
// and #/INC-3 the card of an incident. Each place that somebody opens is a step of the history;
// a step remembers who looked and how far they had read.

import { page } from "./state.js";

const OURS = "local:";

export function addressOf(place, line = null) {
  const name = encodeURIComponent(place.replace(OURS, "")).replace("%40", "@");
  return line ? `#/${name}/${encodeURIComponent(line)}` : `#/${name}`;
}

export function incidentAddress(number) {
  return `#/INC-${number}`;
}

// What the present address names: {incident} or {place, line, person}, or nothing.
export function readAddress() {
  const [, name, line] = /^#\/([^/]+)(?:\/([^/]+))?$/.exec(location.hash) ?? [];
  if (!name) return {};
  const incident = /^INC-([0-9]{1,9})$/i.exec(name);
  if (incident) return { incident: Number(incident[1]), address: location.hash };
  try {
    const place = OURS + decodeURIComponent(name);
    const person = /^local:@(.+)$/.exec(place)?.[1] ?? null;
    return { place, person, line: line ? decodeURIComponent(line) : null };
  } catch {
    return {}; // no address of ours
  }
}

// Put the place into the address, as a new step or in place of the present one.
export function note(how, address) {
  const step = { me: page.me, place: page.place };
  const other = address !== location.hash || step.me !== history.state?.me;
  if (how === "push" && other) history.pushState(step, "", address);
  else history.replaceState({ ...history.state, ...step }, "", address);
}

// Note which line is on top, so that Back and a reload find it again.
export function noteTop(id) {
  if ((history.state?.top ?? null) === id || !page.state) return;
  history.replaceState({ ...history.state, top: id }, "", location.hash || "#");
}
