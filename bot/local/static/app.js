// The page itself: who looks, where, and what has arrived.

import { addressOf, note, readAddress } from "./address.js";
import { alarm, alarms } from "./alarms.js";
import { gist, make } from "./draw.js";
import { openForm, openSecret } from "./forms.js";
import { build, closeDrawer, dress, drawAll, drawSide, theme } from "./frame.js";
import { drawLines, lineElement, readAwaited, startAt, toEnd } from "./lines.js";
import { acts, byId, draftKey, inOrder, keepDraft, page, parts, pause, phone, t } from "./state.js";
import { Failed, act, findToken, follow, look, newId } from "./talk.js";
import { setClock, tick } from "./times.js";

const REST = 60 * 1000; // ms after which a hidden page stops listening
const TOGETHER = 5000; // ms within which lines belong to what was just done
const DEEP = 50; // hundreds of lines that are fetched to find one

// --- starting -------------------------------------------------------------------------

function showGate(which) {
  for (const id of ["gate", "broken", "app"]) byId(id).hidden = id !== which;
}

window.addEventListener("hashchange", () => /[#&]token=/.test(location.hash) && findToken() && location.reload());
window.addEventListener("popstate", () => stepped().catch(complainAloud));

async function start() {
  theme(localStorage.getItem("lotse-theme"));
  build();
  // A reload finds the step that it left; else the address says where to go.
  const { place, person } = readAddress();
  page.me = person ?? history.state?.me ?? page.me;
  page.place = place ?? history.state?.place ?? page.place;
  await comeIn("replace", true);
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", restOrWake);
  window.addEventListener("focus", markRead);
  window.addEventListener("pagehide", tellRead);
}

// Fetch everything and follow; again and again when the program is away.
async function comeIn(how, addressed = false) {
  const turn = ++page.turn;
  while (page.turn === turn) {
    try {
      if (!(await fetchState())) return;
      showGate("app");
      if (!addressed || !(await openAddressed(how))) await openPlace(page.place, { how });
      if (page.turn === turn) followOn();
      return;
    } catch (error) {
      if (page.turn !== turn) return;
      if (error instanceof Failed && error.status === 401) return showGate("gate");
      if (!(error instanceof Failed)) throw error;
      showGate("broken");
      await pause(2000);
    }
  }
}

// Open what the address names, if it is there and this person sees it; else say that it is not.
async function openAddressed(how) {
  const { incident, place, line, address } = readAddress();
  if (place && !page.state.places.some((each) => each.id === place)) {
    tell(t("no_address", { address: decodeURIComponent(location.hash.slice(2)) }));
    return false;
  }
  if (incident === undefined && !line) return false;
  try {
    const found = await look("find", { person: page.me, ...(line ? { line } : { incident }) });
    if (place && found.place !== place) throw new Failed(404, "line");
    await openPlace(found.place, { how, line: found.line, address });
    return true;
  } catch (error) {
    if (error.status !== 404) throw error;
    tell(incident !== undefined ? t("no_incident", { number: incident }) : t("no_message"));
    return false;
  }
}

// Back, forward, or an address that somebody typed or pressed.
async function stepped() {
  if (!page.state) return;
  const { place, person } = readAddress();
  const me = person ?? history.state?.me ?? page.me;
  if (me !== page.me && page.state.persons.some((each) => each.id === me)) {
    leave();
    page.me = me;
    page.place = place ?? page.place;
    return comeIn("replace", true);
  }
  if (await openAddressed("replace")) return;
  const known = page.state.places.find((each) => each.id === place);
  await openPlace(known?.id ?? history.state?.place ?? page.place, { how: "replace" });
}

async function fetchState() {
  const { turn } = page;
  const state = await look("state", { person: page.me, place: page.place });
  if (page.turn !== turn) return false;
  page.state = state;
  page.me = state.me;
  page.names = JSON.stringify(state.persons.map((each) => each.name));
  if (!state.places.some((each) => each.id === page.place)) page.place = firstPlace(state);
  sessionStorage.setItem("lotse-person", page.me);
  setClock(state);
  document.documentElement.lang = state.language;
  dress();
  return true;
}

function firstPlace(state) {
  const direct = state.places.find((each) => each.kind === "direct");
  const before = page.place.includes("@") ? direct : state.places.find((each) => each.kind === "channel");
  return (before ?? state.places[0])?.id ?? "";
}

async function followOn() {
  page.stop?.abort();
  const stop = new AbortController();
  page.stop = stop;
  let wait = 300;
  while (!stop.signal.aborted) {
    try {
      const { version, frame } = page.state;
      await follow({ person: page.me, since: version, frame }, (news) => {
        if (stop.signal.aborted) return;
        wait = 300;
        arrived(news);
      }, stop.signal);
    } catch (error) {
      if (stop.signal.aborted) return;
      if (error.status === 401) return showGate("gate");
      if (!(error instanceof Failed)) throw error;
      setLost(true);
    }
    await pause(wait);
    wait = Math.min(wait * 2, 5000);
  }
}

// A browser keeps few connections to one server: a page that nobody sees gives its own back.
let rest = 0;

function restOrWake() {
  clearTimeout(rest);
  if (document.hidden) {
    if (alarms.any) return; // somebody wants to hear of it
    rest = setTimeout(() => page.stop?.abort(), REST);
    return;
  }
  if (page.stop?.signal.aborted && !byId("app").hidden) followOn();
  markRead();
  if (page.state) drawSide();
}

// --- what arrives ---------------------------------------------------------------------

function arrived(news) {
  const { state } = page;
  setLost(false);
  state.version = news.version;
  state.frame = news.frame;
  state.unread = news.unread;
  state.waiting = news.waiting;
  setClock(news);
  let here = false;
  for (const line of news.lines) {
    const known = page.lines.get(line.place);
    heardAlarm(line);
    if (!known?.loaded) continue;
    const before = known.found.get(line.id);
    if (before && before.version >= line.version) continue;
    // An old one that was edited comes with the earlier lines, else there would be a gap.
    if (!before && known.more && line.at < inOrder(known.found)[0].at) continue;
    known.found.set(line.id, line);
    if (line.place !== page.place) continue;
    here = true;
    if (line.author === page.me) continue;
    speak(line);
    if (before) continue;
    page.unseen = gist(line.body);
    if (performance.now() - cameAt > TOGETHER) page.since = null;
    page.since ??= line.id;
    cameAt = performance.now();
  }
  if (here) drawLines();
  drawSide();
  markRead();
  if (news.reframe) refresh();
}

let cameAt = 0;
const alarmed = new Set();

// An alarm of one's own rings once, also when its card is edited later.
function heardAlarm(line) {
  const mine = line.body.tone === "alarm" && line.place === `local:@${page.me}` && !line.edited;
  if (!mine || line.author === page.me || line.private || alarmed.has(line.id)) return;
  alarmed.add(line.id);
  byId("alarmed").textContent = `Lotse: ${gist(line.body)}`;
  alarm(line, () => openPlace(line.place, { how: "push", line: line.id }).catch(complainAloud));
}

// Tell a screen reader, in one sentence, what has come.
function speak(line) {
  byId("spoken").textContent = `Lotse: ${gist(line.body)}`;
}

function setLost(lost) {
  if (page.lost === lost) return;
  page.lost = lost;
  parts.lost.textContent = lost ? t("lost") : "";
  parts.lost.hidden = !lost;
}

// Open a place. `how` says what becomes of the history: a new step ("push"), or the present one
// ("replace"). `line` is the message that the address names; else one comes back to where one was.
async function openPlace(id, { how = "push", line = null, address = null } = {}) {
  const { turn } = page;
  const top = how === "replace" ? (history.state?.top ?? null) : null;
  keepDraft();
  page.place = id;
  // An archived channel stays only as long as somebody looks at it.
  page.state.places = page.state.places.filter((each) => !each.archived || each.id === id);
  page.divider = null;
  page.target = line;
  page.awaited = page.since = null;
  sessionStorage.setItem("lotse-place", id);
  const known = page.lines.get(id);
  if (!known?.loaded) {
    const { lines, more } = await look("lines", { person: page.me, place: id });
    if (page.turn !== turn) return;
    const found = new Map(lines.map((each) => [each.id, each]));
    page.lines.set(id, { found, more, loaded: true });
  }
  if (line ?? top) await fetchUpTo(id, line ?? top);
  if (page.place !== id || page.turn !== turn) return; // somebody was quicker
  note(how, address ?? addressOf(id, line));
  page.divider = firstNew(id);
  parts.log.replaceChildren();
  drawAll();
  parts.composer.where = draftKey();
  parts.composer.put(page.drafts.get(draftKey()) ?? "", !phone() && !line);
  toEnd();
  startAt(parts.log.querySelector(".news"));
  const wanted = line ? lineElement(line) : top && lineElement(top);
  wanted?.scrollIntoView({ block: line ? "center" : "start" });
  if (line) wanted?.focus({ preventScroll: true });
  markRead();
}

// Fetch earlier lines until one is there.
async function fetchUpTo(place, line) {
  const known = page.lines.get(place);
  for (let each = 0; each < DEEP && known.more && !known.found.has(line); each++)
    await fetchEarlier(place);
}

async function fetchEarlier(place) {
  const known = page.lines.get(place);
  const before = inOrder(known.found)[0].id;
  const { lines, more } = await look("lines", { person: page.me, place, before });
  for (const line of lines) known.found.set(line.id, line);
  known.more = more;
}

// Where somebody stopped reading. A first visit has no such place.
function firstNew(place) {
  const mark = page.state.marks[place];
  if (!mark) return null;
  const lines = inOrder(page.lines.get(place).found);
  return lines.find((line) => line.number > mark && line.author !== page.me)?.id ?? null;
}

async function showEarlier() {
  parts.earlier.disabled = true;
  try {
    const height = parts.scroll.scrollHeight;
    await fetchEarlier(page.place);
    drawLines();
    parts.scroll.scrollTop += parts.scroll.scrollHeight - height;
  } catch (error) {
    complainAloud(error);
  } finally {
    parts.earlier.disabled = false;
  }
}

async function become(person) {
  if (person === page.me) return closeDrawer();
  leave();
  page.me = person;
  closeDrawer();
  await comeIn("push");
}

// Nothing of the one who looked stays.
function leave() {
  keepDraft();
  parts.composer.where = null;
  page.stop?.abort();
  page.lines.clear();
}

let reading = 0;
const read = new Map(); // what has been read and not been told yet, by person and place

function markRead() {
  if (document.hidden || !page.state) return;
  const known = page.lines.get(page.place);
  if (!known?.loaded) return;
  const newest = Math.max(0, ...[...known.found.values()].map((line) => line.number));
  if (newest <= (page.state.marks[page.place] ?? 0)) return;
  page.state.marks[page.place] = newest;
  const body = { person: page.me, place: page.place, number: newest };
  read.set(`${body.person} ${body.place}`, body);
  clearTimeout(reading);
  reading = setTimeout(tellRead, 150);
}

// Also for who goes on to another place or leaves the page within that moment.
function tellRead() {
  for (const body of read.values()) act("read", body, { keepalive: true }).catch(() => {});
  read.clear();
}

// --- doing something ------------------------------------------------------------------

// Send the words. The same words again, after a failure, carry the same id: one effect.
async function say(text) {
  const { me, place } = page;
  const around = scene(place);
  if (page.sayId?.text !== text || page.sayId.where !== draftKey())
    page.sayId = { text, where: draftKey(), id: newId() };
  page.since = null;
  toEnd();
  try {
    const answer = await act("say", { id: page.sayId.id, person: me, place, text });
    page.sayId = null;
    if (answer.line && page.place === place) page.awaited = answer.line;
    readAwaited();
    followUp(answer, around);
    return true;
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    parts.composer.complain(explain(error));
    return false;
  }
}

// Press a button. Pressed again after a failure it carries the same id, too.
async function press(call, button, place) {
  const { me } = page;
  const around = scene(place);
  const row = button.closest(".buttons") ?? button.parentElement;
  const others = row ? [...row.querySelectorAll("button")] : [button];
  button.dataset.press ??= newId();
  for (const each of others) each.disabled = true;
  button.classList.add("busy");
  try {
    const answer = await act("press", { id: button.dataset.press, person: me, place, call });
    delete button.dataset.press;
    followUp(answer, around);
  } catch (error) {
    complainAloud(error);
  } finally {
    for (const each of others) each.disabled = false;
    button.classList.remove("busy");
    if (document.activeElement === document.body && button.isConnected)
      button.focus({ preventScroll: true });
  }
}

function refresh() {
  fetchState().then((done) => done && drawAll()).catch(complainAloud);
}

// What an answer opens: a form, or what is shown only now and stands in no line.
function followUp(answer, around) {
  if (page.state.steps.length) refresh(); // the company may no longer be empty
  if (answer.secret && answer.message) openSecret(answer.message, around);
  else if (answer.form && around.me === page.me) openForm(answer.form, around);
}

async function wind(by) {
  for (const each of parts.winders) each.disabled = true;
  parts.clock.classList.add("winding");
  try {
    setClock(await act("wind", { by }));
    byId("spoken").textContent = parts.clockText.textContent;
  } catch (error) {
    complainAloud(error);
  } finally {
    for (const each of parts.winders) each.disabled = false;
    parts.clock.classList.remove("winding");
  }
}

async function speakIn(language) {
  try {
    await act("person", { person: page.me, language });
  } catch (error) {
    complainAloud(error);
  }
}

function explain(error) {
  if (!(error instanceof Failed)) return t("went_wrong");
  if (error.status === 401) showGate("gate");
  return t({ 0: "not_reached", 413: "too_long", 503: "not_stored" }[error.status] ?? "went_wrong");
}

function tell(said) {
  const words = make("p", { class: "toast" }, said);
  byId("toasts").append(words);
  setTimeout(() => words.remove(), 8000);
}

function complainAloud(error) {
  tell(explain(error));
  if (!(error instanceof Failed)) throw error;
}

// What forms and messages need to know, fixed at the moment of opening or drawing.
function scene(place) {
  const { state, me } = page;
  return {
    me, place, t, explain,
    persons: state.persons,
    press: (call, button) => press(call, button, place),
    followUp: (answer) => followUp(answer, scene(place)),
  };
}

// What somebody has typed here, the newest last: ArrowUp brings it back.
function typedBefore() {
  const lines = [...page.lines.values()].flatMap((known) => [...known.found.values()]);
  const mine = lines.filter((line) => line.author === page.me);
  const texts = inOrder(new Map(mine.map((line) => [line.id, line]))).map((line) => gist(line.body));
  return texts.filter((text, position) => text !== texts[position + 1]);
}

function goTo(place) {
  openPlace(place).catch(complainAloud);
}

Object.assign(acts, { become, drawLines, goTo, say, scene, showEarlier, speakIn, typedBefore, wind });

if (findToken()) start();
else showGate("gate");
