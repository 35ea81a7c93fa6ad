// What all parts of the page share: who looks, where, what has arrived, and the frame's elements.

const stored = (key, otherwise) => JSON.parse(sessionStorage.getItem(key) ?? otherwise);

export const page = {
  me: sessionStorage.getItem("lotse-person") ?? "",
  place: sessionStorage.getItem("lotse-place") ?? "",
  state: null,
  names: "", // of everybody, to see whether lines have to be drawn again
  lines: new Map(), // place -> {found: Map(id -> line), more, loaded}
  drafts: new Map(stored("lotse-drafts", "[]")), // person and place -> what stands in the box
  hidden: new Set(stored("lotse-hidden", "[]")),
  divider: null, // the id of the first line that was new when the place was opened
  since: null, // the id of the first line of a few that came together: read from there on
  awaited: null, // the id of the answer that is to be read from its beginning
  target: null, // the id of the line that an address names
  turn: 0, // counts who looks; what was asked for by an earlier one is not shown
  stuck: true, // whether the end of the lines is in sight
  unseen: "", // what has come while it was not
  clockSet: 0,
  sayId: null,
  stop: null,
  lost: false,
  day: "",
};
export const parts = {};
export const acts = {}; // what the frame's buttons do; the page itself fills it in

export const byId = (id) => document.getElementById(id);

export function t(key, values = {}) {
  const words = page.state?.labels[key] ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function here() {
  return page.state.places.find((each) => each.id === page.place);
}

export function placeName(place) {
  if (!place) return "";
  return place.kind === "channel" ? `#${place.name}` : place.name;
}

export function inOrder(found) {
  return [...found.values()].sort((one, other) =>
    one.at === other.at ? one.number - other.number : one.at < other.at ? -1 : 1,
  );
}

export function phone() {
  return matchMedia("(max-width: 760px)").matches;
}

export function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

// --- drafts ---------------------------------------------------------------------------

export function draftKey() {
  return `${page.me} ${page.place}`;
}

// Keep what stands in the box, for the place that it was written in; a reload leaves it.
export function keepDraft() {
  const { composer } = parts;
  if (!composer?.where) return;
  if (composer.text) page.drafts.set(composer.where, composer.text);
  else page.drafts.delete(composer.where);
  sessionStorage.setItem("lotse-drafts", JSON.stringify([...page.drafts]));
}
