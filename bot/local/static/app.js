// The page itself: who looks, where, and what has arrived.

import { Composer } from "./compose.js";
import { avatar, drawBody, gist, icon, make, reconcile } from "./draw.js";
import { openForm, openSecret, openSettings } from "./forms.js";
import { Failed, act, findToken, follow, look, newId } from "./talk.js";

const NEAR = 80; // px from the end that still count as "at the end"
const REST = 60 * 1000; // ms after which a hidden page stops listening
const TOGETHER = 5 * 60 * 1000; // ms within which lines of one person stand together

const page = {
  me: sessionStorage.getItem("lotse-person") ?? "",
  place: sessionStorage.getItem("lotse-place") ?? "",
  state: null,
  lines: new Map(), // place -> {found: Map(id -> line), more, loaded}
  drafts: new Map(), // person and place -> what stands in the box
  hidden: new Set(JSON.parse(sessionStorage.getItem("lotse-hidden") ?? "[]")),
  divider: null, // the id of the first line that was new when the place was opened
  turn: 0, // counts who looks; what was asked for by an earlier one is not shown
  stuck: true, // whether the end of the lines is in sight
  unseen: "", // what has come while it was not
  clockSet: 0,
  sayId: null,
  stop: null,
  lost: false,
  day: "",
};
const parts = {};

// --- starting -------------------------------------------------------------------------

const byId = (id) => document.getElementById(id);

function showGate(which) {
  for (const id of ["gate", "broken", "app"]) byId(id).hidden = id !== which;
}

window.addEventListener("hashchange", () => findToken() && location.reload());

if (findToken()) start();
else showGate("gate");

async function start() {
  theme(localStorage.getItem("lotse-theme"));
  build();
  await comeIn();
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", restOrWake);
  window.addEventListener("focus", markRead);
}

// Fetch everything and follow; again and again when the program is away.
async function comeIn() {
  const turn = ++page.turn;
  while (page.turn === turn) {
    try {
      if (!(await fetchState())) return;
      showGate("app");
      await openPlace(page.place);
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

async function fetchState() {
  const { turn } = page;
  const state = await look("state", { person: page.me, place: page.place });
  if (page.turn !== turn) return false;
  page.state = state;
  page.me = state.me;
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
    if (!before) page.unseen = gist(line.body);
  }
  if (here) drawLines();
  drawSide();
  markRead();
  if (news.reframe) fetchState().then((done) => done && drawAll()).catch(complainAloud);
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

async function openPlace(id) {
  const { turn } = page;
  keepDraft();
  page.place = id;
  // An archived channel stays only as long as somebody looks at it.
  page.state.places = page.state.places.filter((each) => !each.archived || each.id === id);
  page.divider = null;
  sessionStorage.setItem("lotse-place", id);
  const known = page.lines.get(id);
  if (!known?.loaded) {
    const { lines, more } = await look("lines", { person: page.me, place: id });
    if (page.turn !== turn) return;
    const found = new Map(lines.map((line) => [line.id, line]));
    page.lines.set(id, { found, more, loaded: true });
  }
  if (page.place !== id || page.turn !== turn) return; // somebody was quicker
  page.divider = firstNew(id);
  parts.log.replaceChildren();
  drawAll();
  parts.composer.put(page.drafts.get(draftKey()) ?? "", !phone());
  toEnd();
  startAt(parts.log.querySelector(".news"));
  markRead();
}

// Where somebody stopped reading. A first visit has no such place.
function firstNew(place) {
  const mark = page.state.marks[place];
  if (!mark) return null;
  const lines = inOrder(page.lines.get(place).found);
  return lines.find((line) => line.number > mark && line.author !== page.me)?.id ?? null;
}

async function showEarlier() {
  const known = page.lines.get(page.place);
  const oldest = inOrder(known.found)[0];
  parts.earlier.disabled = true;
  try {
    const { lines, more } = await look("lines", {
      person: page.me, place: page.place, before: oldest.id,
    });
    for (const line of lines) known.found.set(line.id, line);
    known.more = more;
    const height = parts.scroll.scrollHeight;
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
  keepDraft();
  page.stop?.abort();
  page.me = person;
  page.lines.clear();
  closeDrawer();
  await comeIn();
}

function keepDraft() {
  if (parts.composer && page.state) page.drafts.set(draftKey(), parts.composer.text);
}

function draftKey() {
  return `${page.me} ${page.place}`;
}

let reading = 0;

function markRead() {
  if (document.hidden || !page.state) return;
  const known = page.lines.get(page.place);
  if (!known?.loaded) return;
  const newest = Math.max(0, ...[...known.found.values()].map((line) => line.number));
  if (newest <= (page.state.marks[page.place] ?? 0)) return;
  page.state.marks[page.place] = newest;
  const body = { person: page.me, place: page.place, number: newest };
  clearTimeout(reading);
  reading = setTimeout(() => act("read", body).catch(() => {}), 150);
}

// --- doing something ------------------------------------------------------------------

// Send the words. The same words again, after a failure, carry the same id: one effect.
async function say(text) {
  const { me, place } = page;
  const around = scene(place);
  if (page.sayId?.text !== text || page.sayId.where !== draftKey())
    page.sayId = { text, where: draftKey(), id: newId() };
  try {
    const answer = await act("say", { id: page.sayId.id, person: me, place, text });
    page.sayId = null;
    toEnd();
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

// What an answer opens: a form, or what is shown only now and stands in no line.
function followUp(answer, around) {
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

function complainAloud(error) {
  const words = make("p", { class: "toast" }, explain(error));
  byId("toasts").append(words);
  setTimeout(() => words.remove(), 8000);
  if (!(error instanceof Failed)) throw error;
}

// What forms and messages need to know, fixed at the moment of opening or drawing.
function scene(place) {
  const { state, me } = page;
  return {
    me, place, t, explain,
    persons: state.persons,
    press: (call, button) => press(call, button, place),
  };
}

function t(key, values = {}) {
  const words = page.state?.labels[key] ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// --- the frame ------------------------------------------------------------------------

function build() {
  parts.persons = make("ul", { class: "persons" });
  parts.personsTitle = make("h2", { id: "persons-title" });
  parts.channels = make("ul", { class: "places" });
  parts.channelsTitle = make("h2", {});
  parts.directs = make("ul", { class: "places" });
  parts.directsTitle = make("h2", {});
  parts.company = make("span", { class: "company", dir: "auto" });
  parts.settings = make("button", {
    type: "button", class: "sidebutton",
    click: () => openSettings(scene(page.place), page.state.workspace),
  });
  parts.themeButton = make("button", { type: "button", class: "sidebutton", click: switchTheme });
  parts.side = make(
    "aside",
    { class: "side", id: "side" },
    make(
      "header",
      { class: "brand" },
      make("span", { class: "avatar flag", "aria-hidden": "true" }),
      make("div", {}, make("strong", {}, "Lotse"), parts.company),
    ),
    make(
      "nav",
      { class: "sidescroll" },
      make("section", {}, parts.personsTitle, parts.persons),
      make("section", {}, parts.channelsTitle, parts.channels),
      make("section", {}, parts.directsTitle, parts.directs),
    ),
    make("footer", {}, parts.settings, parts.themeButton),
  );
  parts.veil = make("div", { class: "veil", click: closeDrawer });

  parts.menuBadge = make("span", { class: "dot", hidden: true });
  parts.menu = make(
    "button",
    { type: "button", class: "plainicon menu", "aria-controls": "side", "aria-expanded": "false", click: openDrawer },
    icon("menu"),
    parts.menuBadge,
  );
  parts.placeName = make("h1", { dir: "auto" });
  parts.placeAbout = make("p", { class: "about", dir: "auto" });
  parts.languages = make(
    "div",
    { class: "switch", role: "group" },
    ...[["de", "Deutsch"], ["en", "English"]].map(([key, words]) =>
      make(
        "button",
        { type: "button", lang: key, "data-language": key, title: words, "aria-label": words, click: () => speakIn(key) },
        key.toUpperCase(),
      ),
    ),
  );
  parts.clockText = make("span", { class: "clocktext" });
  parts.winders = ["10min", "1h", "monday"].map((by) =>
    make("button", { type: "button", "data-by": by, click: () => wind(by) }),
  );
  parts.clock = make(
    "div",
    { class: "clock", role: "group" },
    make("span", { class: "clockface" }, icon("clock"), parts.clockText),
    make("div", { class: "winders", role: "group" }, ...parts.winders),
  );
  parts.lost = make("p", { class: "lost", role: "status", hidden: true });
  parts.earlier = make("button", { type: "button", class: "quiet earlier", hidden: true, click: showEarlier });
  parts.log = make("div", { class: "log" });
  parts.scroll = make(
    "div",
    { class: "scroll", tabindex: 0, role: "region", scroll: scrolled },
    parts.earlier,
    parts.log,
  );
  parts.newest = make("button", { type: "button", class: "newest", hidden: true, click: toEnd });
  parts.tries = make("section", { class: "tries", hidden: true });
  parts.composer = new Composer(say);
  parts.main = make(
    "main",
    { class: "main" },
    make(
      "header",
      { class: "top" },
      parts.menu,
      make("div", { class: "where" }, parts.placeName, parts.placeAbout),
      parts.languages,
      parts.clock,
    ),
    parts.lost,
    parts.scroll,
    make("div", { class: "dock" }, parts.newest, parts.tries, parts.composer.element),
  );
  byId("app").append(parts.side, parts.veil, parts.main);
  // When the box below grows, the last line stays in sight.
  new ResizeObserver(() => page.stuck && toEnd()).observe(parts.scroll);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && byId("app").classList.contains("open")) closeDrawer();
  });
}

// Put the labels of the present language on the frame.
function dress() {
  const { state } = page;
  parts.company.textContent = state.workspace.name;
  parts.personsTitle.textContent = t("you_are");
  parts.channelsTitle.textContent = t("channels");
  parts.directsTitle.textContent = t("direct");
  parts.settings.replaceChildren(icon("gear"), t("settings"));
  parts.menu.setAttribute("aria-label", t("menu"));
  parts.languages.setAttribute("aria-label", t("language"));
  for (const each of parts.languages.children)
    each.setAttribute("aria-pressed", String(each.dataset.language === state.language));
  parts.clock.setAttribute("aria-label", t("clock"));
  for (const each of parts.winders) each.textContent = t(`wind_${each.dataset.by}`);
  parts.winders[2].replaceChildren(
    make("span", { class: "long" }, t("wind_monday")),
    make("span", { class: "short" }, t("wind_monday_short")),
  );
  parts.winders[0].parentElement.setAttribute("aria-label", t("wind"));
  parts.earlier.textContent = t("earlier");
  parts.newest.title = t("newest");
  dressTheme();
  tick();
}

function drawAll() {
  const place = here();
  const name = placeName(place);
  parts.placeName.textContent = name;
  parts.placeAbout.textContent = place?.about ?? "";
  parts.scroll.setAttribute("aria-label", t("messages", { place: name }));
  parts.log.classList.toggle("direct", place?.kind === "direct");
  parts.composer.dress(t, page.state.commands, name);
  drawSide();
  drawLines();
}

function here() {
  return page.state.places.find((each) => each.id === page.place);
}

function placeName(place) {
  if (!place) return "";
  return place.kind === "channel" ? `#${place.name}` : place.name;
}

function drawSide() {
  const { state } = page;
  reconcile(
    parts.persons,
    state.persons.map((person, position) => {
      const mine = person.id === page.me;
      const count = mine ? 0 : (state.waiting[person.id] ?? 0);
      return {
        key: person.id,
        same: JSON.stringify([person, mine, count, state.language]),
        draw: () =>
          make(
            "li",
            {},
            make(
              "button",
              { type: "button", class: "person", "aria-pressed": String(mine), click: () => become(person.id) },
              avatar(person, position),
              make(
                "span",
                { class: "naming" },
                make("span", { class: "name", dir: "auto" }, person.name),
                make("span", { class: "role" }, person.role),
              ),
              badge(count),
            ),
          ),
      };
    }),
  );
  for (const [list, kind] of [[parts.channels, "channel"], [parts.directs, "direct"]])
    reconcile(list, state.places.filter((each) => each.kind === kind).map(placeRow));
  const elsewhere = state.places.filter((each) => unreadIn(each.id) > 0).length;
  parts.menuBadge.hidden = elsewhere === 0 && !Object.keys(state.waiting).some((id) => id !== page.me);
  const count = state.places.reduce((sum, each) => sum + unreadIn(each.id), 0);
  document.title = `${count ? `(${count}) ` : ""}${placeName(here())} · Lotse`;
}

function unreadIn(place) {
  if (place === page.place && !document.hidden) return 0;
  return page.state.unread[place] ?? 0;
}

function placeRow(place) {
  const open = place.id === page.place;
  const count = unreadIn(place.id);
  return {
    key: place.id,
    same: JSON.stringify([place, open, count, page.state.language]),
    draw: () =>
      make(
        "li",
        {},
        make(
          "button",
          {
            type: "button", class: count ? "place unread" : "place",
            "aria-current": open ? "page" : null,
            click: () => {
              closeDrawer();
              openPlace(place.id).catch(complainAloud);
            },
          },
          place.kind === "channel"
            ? make("span", { class: "hash", "aria-hidden": "true" }, "#")
            : make("span", { class: "avatar flag tiny", "aria-hidden": "true" }),
          make("span", { class: "name", dir: "auto" }, place.name),
          badge(count),
        ),
      ),
  };
}

function badge(count) {
  if (!count) return null;
  return make("span", { class: "badge", "aria-label": t("unread", { count }) }, count > 99 ? "99+" : String(count));
}

// --- the lines ------------------------------------------------------------------------

function inOrder(found) {
  return [...found.values()].sort((one, other) =>
    one.at === other.at ? one.number - other.number : one.at < other.at ? -1 : 1,
  );
}

function drawLines() {
  const known = page.lines.get(page.place);
  if (!known) return;
  const stay = atEnd();
  const lines = inOrder(known.found);
  const rows = [];
  let before = null;
  page.day = dayKey(now());
  for (const line of lines) {
    const day = dayKey(new Date(line.at));
    if (!before || dayKey(new Date(before.at)) !== day) {
      rows.push(dayRow(day, line.at));
      before = null;
    }
    if (line.id === page.divider) {
      rows.push(newRow());
      before = null;
    }
    const close = before && new Date(line.at) - new Date(before.at) < TOGETHER;
    const together = close && before.author === line.author && before.private === line.private;
    rows.push(lineRow(line, Boolean(together)));
    before = line;
  }
  if (!lines.length) rows.push(emptyRow());
  reconcile(parts.log, rows);
  parts.earlier.hidden = !known.more;
  drawTries(lines);
  if (!stay) return scrolled();
  const news = page.unseen;
  toEnd();
  if (news) startAt(parts.log.lastElementChild);
}

function dayRow(day, at) {
  const words = dayWords(new Date(at));
  return {
    key: `day ${day}`,
    same: words,
    draw: () => make("div", { class: "day", role: "separator", "aria-label": words }, make("span", {}, words)),
  };
}

function newRow() {
  return {
    key: "new",
    same: page.state.language,
    draw: () => make("div", { class: "news", role: "separator", "aria-label": t("new") }, make("span", {}, t("new"))),
  };
}

function emptyRow() {
  return {
    key: "empty",
    same: page.state.language,
    draw: () => make("div", { class: "empty" }, make("span", { class: "avatar flag big", "aria-hidden": "true" }), make("p", {}, t("empty"))),
  };
}

function lineRow(line, together) {
  const { persons, language } = page.state;
  const position = persons.findIndex((each) => each.id === line.author);
  const author = persons[position] ?? null;
  return {
    key: line.id,
    same: JSON.stringify([line.version, together, language, page.me, persons.map((each) => each.name)]),
    draw: () => {
      const at = new Date(line.at);
      const direct = here()?.kind === "direct"; // where everything is private anyway
      const time = make("time", { datetime: line.at, title: momentWords(at) }, timeWords(at));
      const edited = line.edited
        ? make("span", { class: "edited", title: t("edited_at", { when: momentWords(new Date(line.edited)) }) }, t("edited"))
        : null;
      const hidden = line.private && author && !direct
        ? make("span", { role: "img", "aria-label": t("only_you"), title: t("only_you") }, icon("eye"))
        : null;
      const name = author?.name ?? "Lotse";
      const fresh = Boolean(line.edited) && Date.parse(line.edited) > now().getTime() - 4000;
      return make(
        "article",
        {
          class: `line${together ? " together" : ""}${line.private ? " private" : ""}${author ? " mine" : ""}${fresh ? " fresh" : ""}`,
          tabindex: -1, "data-id": line.id, "aria-label": `${name}, ${timeWords(at)}`,
        },
        together ? make("span", { class: "gutter" }, time) : avatar(author, position),
        make(
          "div",
          { class: "said" },
          together ? null : make("header", {}, make("b", { dir: "auto" }, name), time, edited, hidden),
          line.private && !author && !direct
            ? make("p", { class: "onlyyou" }, icon("eye"), t("only_you"))
            : null,
          drawBody(line.body, scene(line.place)),
          together ? edited : null,
        ),
      );
    },
  };
}

// Three things to try, until the person has said something here.
function drawTries(lines) {
  const { state } = page;
  const me = state.persons.find((each) => each.id === page.me);
  const spoken = lines.some((line) => line.author === page.me);
  parts.tries.hidden = spoken || page.hidden.has(page.me) || !state.examples.length;
  const same = JSON.stringify([page.me, state.language, me.name]);
  if (parts.tries.dataset.same === same) return;
  parts.tries.dataset.same = same;
  parts.tries.replaceChildren(
    make(
      "div",
      { class: "triestop" },
      make("p", {}, make("strong", {}, t("try_title", { name: me.name })), " ", make("span", { class: "hint" }, t("try_hint"))),
      make(
        "button",
        {
          type: "button", class: "plainicon", "aria-label": t("try_close"), title: t("try_close"),
          click: () => {
            page.hidden.add(page.me);
            sessionStorage.setItem("lotse-hidden", JSON.stringify([...page.hidden]));
            drawLines();
            parts.composer.box.focus();
          },
        },
        icon("close"),
      ),
    ),
    make(
      "div",
      { class: "chips" },
      ...state.examples.map((words) =>
        make("button", { type: "button", class: "chip", click: () => parts.composer.put(words) }, words),
      ),
    ),
  );
}

function atEnd() {
  const { scrollHeight, scrollTop, clientHeight } = parts.scroll;
  return scrollHeight - scrollTop - clientHeight < NEAR;
}

function toEnd() {
  parts.scroll.scrollTop = parts.scroll.scrollHeight;
  parts.newest.hidden = true;
  page.stuck = true;
  page.unseen = "";
}

// Go back to where `element` begins when that is out of sight, so that one reads from there.
function startAt(element) {
  const above = element
    ? parts.scroll.getBoundingClientRect().top - element.getBoundingClientRect().top
    : 0;
  if (above > 0) parts.scroll.scrollTop -= above;
  scrolled();
}

// Below the lines: what has come out of sight, or just the way there.
function scrolled() {
  page.stuck = atEnd();
  if (page.stuck) page.unseen = "";
  parts.newest.hidden = page.stuck;
  if (page.stuck || parts.newest.dataset.same === page.unseen) return;
  parts.newest.dataset.same = page.unseen;
  parts.newest.classList.toggle("bare", !page.unseen);
  parts.newest.replaceChildren(
    icon("down"),
    make("span", page.unseen ? {} : { class: "unseen" }, page.unseen || t("newest")),
  );
}

// --- time -----------------------------------------------------------------------------

function setClock({ now: moment, ahead }) {
  page.clockSet = Date.parse(moment) - performance.now();
  if (ahead !== undefined) parts.clock.classList.toggle("wound", ahead);
  tick();
}

function now() {
  return new Date(page.clockSet + performance.now());
}

function tick() {
  if (!page.state) return;
  const moment = now();
  parts.clockText.replaceChildren(
    make(
      "span",
      { class: "clockday" },
      format(moment, { weekday: "short", day: "numeric", month: "short" }),
      make("span", { class: "year" }, ` ${format(moment, { year: "numeric" })}`),
    ),
    make("b", {}, timeWords(moment)),
  );
  parts.clock.title = parts.clock.classList.contains("wound") ? t("wound") : "";
  // "Today" is another day now.
  if (page.day && page.day !== dayKey(moment)) drawLines();
}

function format(moment, how) {
  const { language, workspace } = page.state;
  const locale = language === "de" ? "de-DE" : "en-GB";
  return new Intl.DateTimeFormat(locale, { timeZone: workspace.zone, ...how }).format(moment);
}

function timeWords(moment) {
  return format(moment, { hour: "2-digit", minute: "2-digit" });
}

function momentWords(moment) {
  return format(moment, { dateStyle: "full", timeStyle: "short" });
}

function dayKey(moment) {
  return new Intl.DateTimeFormat("en-CA", { timeZone: page.state.workspace.zone }).format(moment);
}

function dayWords(moment) {
  const day = dayKey(moment);
  const said = format(moment, { weekday: "long", day: "numeric", month: "long" });
  if (day === dayKey(now())) return `${t("today")} · ${said}`;
  if (day === dayKey(new Date(now().getTime() - 86400000))) return `${t("yesterday")} · ${said}`;
  return said;
}

function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

// --- drawer and colours ---------------------------------------------------------------

function phone() {
  return matchMedia("(max-width: 760px)").matches;
}

function openDrawer() {
  byId("app").classList.add("open");
  parts.menu.setAttribute("aria-expanded", "true");
  parts.main.inert = true;
  parts.side.querySelector("[aria-current], [aria-pressed=true]")?.focus();
}

function closeDrawer() {
  if (!byId("app").classList.contains("open")) return;
  byId("app").classList.remove("open");
  parts.menu.setAttribute("aria-expanded", "false");
  parts.main.inert = false;
  parts.menu.focus();
}

function dark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function theme(chosen) {
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
}

function switchTheme() {
  const chosen = dark() ? "light" : "dark";
  localStorage.setItem("lotse-theme", chosen);
  theme(chosen);
  dressTheme();
}

function dressTheme() {
  const words = t(dark() ? "theme_light" : "theme_dark");
  parts.themeButton.replaceChildren(icon(dark() ? "sun" : "moon"));
  parts.themeButton.setAttribute("aria-label", words);
  parts.themeButton.title = words;
}
