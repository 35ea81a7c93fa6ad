// The lines of the open place, where they are scrolled to, and what may be tried first.

import { addressOf, incidentAddress, noteTop } from "./address.js";
import { avatar, drawBody, gist, icon, make, reconcile } from "./draw.js";
import { acts, here, inOrder, page, parts, t } from "./state.js";
import { dayKey, dayWords, momentWords, now, timeWords } from "./times.js";

const NEAR = 80; // px from the end that still count as "at the end"
const TOGETHER = 5 * 60 * 1000; // ms within which lines of one person stand together

export function drawLines() {
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
  if (stay) {
    toEnd(page.since && lineElement(page.since));
  } else scrolled();
  readAwaited();
}

export function dayRow(day, at) {
  const words = dayWords(new Date(at));
  return {
    key: `day ${day}`,
    same: words,
    draw: () => make("div", { class: "day", role: "separator", "aria-label": words }, make("span", {}, words)),
  };
}

export function newRow() {
  return {
    key: "new",
    same: page.state.language,
    draw: () => make("div", { class: "news", role: "separator", "aria-label": t("new") }, make("span", {}, t("new"))),
  };
}

export function emptyRow() {
  return {
    key: "empty",
    same: page.state.language,
    draw: () => make("div", { class: "empty" }, make("span", { class: "avatar flag big", "aria-hidden": "true" }), make("p", {}, t("empty"))),
  };
}

export function lineRow(line, together) {
  const { persons, language } = page.state;
  const position = persons.findIndex((each) => each.id === line.author);
  const author = persons[position] ?? null;
  return {
    key: line.id,
    same: JSON.stringify([line.version, together, language, page.me, page.names, line.id === page.target]),
    draw: () => {
      const at = new Date(line.at);
      const direct = here()?.kind === "direct"; // where everything is private anyway
      const time = make(
        "a",
        { class: "at", href: lineAddress(line), title: momentWords(at), "aria-label": `${timeWords(at)}, ${t("address")}` },
        make("time", { datetime: line.at }, timeWords(at)),
      );
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
          class: `line${together ? " together" : ""}${line.private ? " private" : ""}${author ? " mine" : ""}${fresh ? " fresh" : ""}${line.id === page.target ? " target" : ""}`,
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
          drawBody(line.body, acts.scene(line.place)),
          together ? edited : null,
        ),
      );
    },
  };
}

// Three things to try, until the person has said something here. A company that is still empty
// gets its first steps instead; each is done as the one who may.
export function drawTries(lines) {
  const { state } = page;
  const me = state.persons.find((each) => each.id === page.me);
  const spoken = lines.some((line) => line.author === page.me);
  const first = state.steps.length > 0;
  const offered = first ? state.steps : state.examples.map((text) => ({ text, person: page.me }));
  parts.tries.hidden = (spoken && !first) || page.hidden.has(page.me) || !offered.length;
  const same = JSON.stringify([page.me, state.language, me.name, offered]);
  if (parts.tries.dataset.same === same) return;
  parts.tries.dataset.same = same;
  const title = first ? t("steps_title", { company: state.workspace.name }) : t("try_title", { name: me.name });
  parts.tries.setAttribute("aria-label", title);
  parts.tries.replaceChildren(
    make(
      "div",
      { class: "triestop" },
      make("p", {}, make("strong", {}, title), " ", make("span", { class: "hint" }, t("try_hint"))),
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
    make("div", { class: "chips" }, ...offered.map(chip)),
  );
}

function chip({ text, person }) {
  const other = person === page.me ? null : page.state.persons.find((each) => each.id === person);
  const put = async () => {
    if (other) await acts.become(person);
    parts.composer.put(text);
  };
  const words = other ? t("as_person", { name: other.name, words: text }) : text;
  return make("button", { type: "button", class: "chip", click: put }, words);
}

export function atEnd() {
  const { scrollHeight, scrollTop, clientHeight } = parts.scroll;
  return scrollHeight - scrollTop - clientHeight < NEAR;
}

// Go to the end; with `from` no further than where that begins, so that it is read from there.
export function toEnd(from = null) {
  parts.scroll.scrollTop = parts.scroll.scrollHeight;
  parts.newest.hidden = true;
  page.stuck = true;
  page.unseen = "";
  if (from) startAt(from);
}

// Go back to where `element` begins when that is out of sight, so that one reads from there.
export function startAt(element) {
  const above = element
    ? parts.scroll.getBoundingClientRect().top - element.getBoundingClientRect().top
    : 0;
  if (above > 0) parts.scroll.scrollTop -= above;
  scrolled();
}

// An answer is read from its beginning, whether it or the word that it was given came first.
export function readAwaited() {
  const answer = page.awaited && lineElement(page.awaited);
  if (!answer) return;
  page.since = page.awaited;
  page.awaited = null;
  toEnd(answer);
}

export function lineElement(id) {
  return parts.log.querySelector(`[data-id="${CSS.escape(id)}"]`);
}

// The address of a line: an incident's card in a channel goes by its number.
function lineAddress(line) {
  const number = /^INC-([0-9]+) · /.exec(gist(line.body))?.[1];
  const card = number && !line.private && here()?.kind === "channel";
  return card && !/^inc-/.test(here().name) ? incidentAddress(number) : addressOf(line.place, line.id);
}

// Below the lines: what has come out of sight, or just the way there.
export function scrolled() {
  page.stuck = atEnd();
  if (page.stuck) page.unseen = "";
  clearTimeout(resting);
  resting = setTimeout(rested, 250);
  parts.newest.hidden = page.stuck;
  if (page.stuck || parts.newest.dataset.same === page.unseen) return;
  parts.newest.dataset.same = page.unseen;
  parts.newest.classList.toggle("bare", !page.unseen);
  parts.newest.replaceChildren(
    icon("down"),
    make("span", page.unseen ? {} : { class: "unseen" }, page.unseen || t("newest")),
  );
}

let resting = 0;

// Where somebody stopped is noted with the address.
function rested() {
  const top = parts.scroll.getBoundingClientRect().top;
  const first = [...parts.log.querySelectorAll(".line")].find(
    (each) => each.getBoundingClientRect().bottom > top + 4,
  );
  noteTop(page.stuck ? null : (first?.dataset.id ?? null));
}
