// The clock of the page, which is the server's, and how moments are written.

import { make } from "./draw.js";
import { acts, page, parts, t } from "./state.js";

export function setClock({ now: moment, ahead }) {
  page.clockSet = Date.parse(moment) - performance.now();
  if (ahead !== undefined) parts.clock.classList.toggle("wound", ahead);
  tick();
}

export function now() {
  return new Date(page.clockSet + performance.now());
}

export function tick() {
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
  if (page.day && page.day !== dayKey(moment)) acts.drawLines();
}

export function format(moment, how) {
  const { language, workspace } = page.state;
  const locale = language === "de" ? "de-DE" : "en-GB";
  return new Intl.DateTimeFormat(locale, { timeZone: workspace.zone, ...how }).format(moment);
}

export function timeWords(moment) {
  return format(moment, { hour: "2-digit", minute: "2-digit" });
}

export function momentWords(moment) {
  return format(moment, { dateStyle: "full", timeStyle: "short" });
}

export function dayKey(moment) {
  return new Intl.DateTimeFormat("en-CA", { timeZone: page.state.workspace.zone }).format(moment);
}

export function dayWords(moment) {
  const day = dayKey(moment);
  const said = format(moment, { weekday: "long", day: "numeric", month: "long" });
  if (day === dayKey(now())) return `${t("today")} · ${said}`;
  if (day === dayKey(new Date(now().getTime() - 86400000))) return `${t("yesterday")} · ${said}`;
  return said;
}
