// The frame around the lines: who there is, the places, the clock, languages and colours.

import { Composer, folded } from "./compose.js";
import { avatar, icon, make, reconcile } from "./draw.js";
import { openSettings } from "./forms.js";
import { drawLines, lineElement, scrolled, toEnd } from "./lines.js";
import { acts, byId, here, keepDraft, page, parts, placeName, t } from "./state.js";
import { tick } from "./times.js";

const MANY = 12; // people; more of them can be searched

export function build() {
  parts.persons = make("ul", { class: "persons" });
  parts.personsFilter = make("input", { type: "text", class: "filter", autocomplete: "off", hidden: true, input: drawSide });
  parts.personsTitle = make("h2", { id: "persons-title" });
  parts.channels = make("ul", { class: "places" });
  parts.channelsTitle = make("h2", {});
  parts.directs = make("ul", { class: "places" });
  parts.directsTitle = make("h2", {});
  parts.company = make("span", { class: "company", dir: "auto" });
  parts.settings = make("button", {
    type: "button", class: "sidebutton",
    click: () => openSettings(acts.scene(page.place), page.state.workspace),
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
      make("section", {}, parts.personsTitle, parts.personsFilter, parts.persons),
      make("section", {}, parts.channelsTitle, parts.channels),
      make("section", {}, parts.directsTitle, parts.directs),
    ),
    make("footer", {}, parts.settings, parts.themeButton),
  );
  parts.skip = make("button", { type: "button", class: "skip", click: () => parts.composer.box.focus() });
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
        { type: "button", lang: key, "data-language": key, title: words, "aria-label": `${key.toUpperCase()} – ${words}`, click: () => acts.speakIn(key) },
        key.toUpperCase(),
      ),
    ),
  );
  parts.clockText = make("span", { class: "clocktext" });
  parts.winders = ["10min", "1h", "monday"].map((by) =>
    make("button", { type: "button", "data-by": by, click: () => acts.wind(by) }),
  );
  parts.clock = make(
    "div",
    { class: "clock", role: "group" },
    make("span", { class: "clockface" }, icon("clock"), parts.clockText),
    make("div", { class: "winders", role: "group" }, ...parts.winders),
  );
  parts.lost = make("p", { class: "lost", role: "status", hidden: true });
  parts.earlier = make("button", { type: "button", class: "quiet earlier", hidden: true, click: () => acts.showEarlier() });
  parts.log = make("div", { class: "log" });
  parts.scroll = make(
    "div",
    { class: "scroll", tabindex: 0, role: "region", scroll: scrolled },
    parts.earlier,
    parts.log,
  );
  parts.newest = make("button", { type: "button", class: "newest", hidden: true, click: () => toEnd() });
  parts.tries = make("section", { class: "tries", hidden: true });
  parts.composer = new Composer((text) => acts.say(text), keepDraft);
  parts.composer.before = () => acts.typedBefore();
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
  byId("app").append(parts.skip, parts.side, parts.veil, parts.main);
  // When the box below grows, the last line stays in sight.
  new ResizeObserver(() => page.stuck && toEnd(page.since && lineElement(page.since))).observe(parts.scroll);
  const byHand = () => (page.since = null);
  for (const touch of ["wheel", "touchmove", "pointerdown", "keydown"])
    parts.scroll.addEventListener(touch, byHand, { passive: true });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && byId("app").classList.contains("open")) closeDrawer();
  });
}

// Put the labels of the present language on the frame.
export function dress() {
  const { state } = page;
  parts.company.textContent = state.workspace.name;
  parts.personsTitle.textContent = t("you_are");
  parts.channelsTitle.textContent = t("channels");
  parts.directsTitle.textContent = t("direct");
  parts.personsFilter.placeholder = t("search");
  parts.personsFilter.setAttribute("aria-label", t("search"));
  parts.skip.textContent = t("skip");
  parts.side.setAttribute("aria-label", t("menu"));
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

export function drawAll() {
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

export function drawSide() {
  const { state } = page;
  parts.personsFilter.hidden = state.persons.length <= MANY;
  parts.persons.classList.toggle("many", !parts.personsFilter.hidden);
  const head = parts.personsFilter.hidden ? "" : folded(parts.personsFilter.value.trim());
  reconcile(
    parts.persons,
    state.persons.flatMap((person, position) => {
      if (head && person.id !== page.me && !folded(person.name).includes(head)) return [];
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
              { type: "button", class: "person", "aria-pressed": String(mine), click: () => acts.become(person.id) },
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

export function unreadIn(place) {
  if (place === page.place && !document.hidden) return 0;
  return page.state.unread[place] ?? 0;
}

export function placeRow(place) {
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
              acts.goTo(place.id);
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

export function badge(count) {
  if (!count) return null;
  return make("span", { class: "badge", "aria-label": t("unread", { count }) }, count > 99 ? "99+" : String(count));
}

export function openDrawer() {
  byId("app").classList.add("open");
  parts.menu.setAttribute("aria-expanded", "true");
  parts.main.inert = true;
  parts.side.querySelector("[aria-current], [aria-pressed=true]")?.focus();
}

export function closeDrawer() {
  if (!byId("app").classList.contains("open")) return;
  byId("app").classList.remove("open");
  parts.menu.setAttribute("aria-expanded", "false");
  parts.main.inert = false;
  parts.menu.focus();
}

export function dark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

export function theme(chosen) {
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
}

export function switchTheme() {
  const chosen = dark() ? "light" : "dark";
  localStorage.setItem("lotse-theme", chosen);
  theme(chosen);
  dressTheme();
}

export function dressTheme() {
  const words = t(dark() ? "theme_light" : "theme_dark");
  parts.themeButton.replaceChildren(icon(dark() ? "sun" : "moon"));
  parts.themeButton.setAttribute("aria-label", words);
  parts.themeButton.title = words;
}
