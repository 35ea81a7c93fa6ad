// A field with many choices: one types, and those that begin with the words come first.

import { folded } from "./compose.js";
import { make } from "./draw.js";

const SHOWN = 60; // choices in sight at once

// Those of `choices` ([key, words]) that fit what was typed: whose words begin with it first,
// then where one of the words begins with it, then where it stands anywhere.
export function fitting(choices, typed) {
  const head = folded(typed.trim());
  if (!head) return choices;
  const ranked = [[], [], []];
  for (const each of choices) {
    const words = folded(each[1]);
    if (words.startsWith(head)) ranked[0].push(each);
    else if (words.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(head))) ranked[1].push(each);
    else if (words.includes(head)) ranked[2].push(each);
  }
  return ranked.flat();
}

// Returns {element, input, value()}; `attributes` go to the input.
export function makeChooser(choices, attributes, value, t) {
  const byKey = new Map(choices);
  const listId = `${attributes.id}-list`;
  let found = [];
  let at = -1;

  const input = make("input", {
    type: "text", dir: "auto", autocomplete: "off", role: "combobox", spellcheck: "false",
    "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": listId,
    placeholder: t("search"), ...attributes,
    input: () => show(input.value),
    click: () => list.hidden && show(chosen() ? "" : input.value),
    keydown: pressed,
    blur: () => close(),
  });
  const list = make("ul", {
    id: listId, class: "options", role: "listbox", "aria-label": t("choose"), hidden: true,
    mousedown: (event) => event.preventDefault(), // the input keeps the focus
  });
  const more = make("p", { class: "hint", role: "status" });
  input.value = byKey.get(value) ?? value;

  function chosen() {
    const typed = folded(input.value.trim());
    if (!typed) return null;
    return choices.find(([key, words]) => folded(words) === typed || key === input.value.trim()) ?? null;
  }

  function show(typed) {
    found = fitting(choices, typed);
    at = typed.trim() && found.length ? 0 : -1;
    list.replaceChildren(
      ...found.slice(0, SHOWN).map(([, words], position) =>
        make(
          "li",
          { id: `${listId}-${position}`, role: "option", class: "option", dir: "auto", click: () => pick(position) },
          words,
        ),
      ),
    );
    list.hidden = !found.length;
    const rest = found.length - SHOWN;
    more.textContent = !found.length ? t("none_fits") : rest > 0 ? t("type_on", { n: rest }) : "";
    input.setAttribute("aria-expanded", String(!list.hidden));
    mark();
  }

  function mark() {
    [...list.children].forEach((each, position) => {
      each.setAttribute("aria-selected", String(position === at));
      if (position === at) each.scrollIntoView({ block: "nearest" });
    });
    if (at >= 0) input.setAttribute("aria-activedescendant", `${listId}-${at}`);
    else input.removeAttribute("aria-activedescendant");
  }

  function close() {
    list.hidden = true;
    more.textContent = "";
    at = -1;
    input.setAttribute("aria-expanded", "false");
    mark();
  }

  function pick(position) {
    input.value = found[position][1];
    close();
    input.dispatchEvent(new CustomEvent("picked", { bubbles: true }));
  }

  function pressed(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const open = !list.hidden;
    const count = list.children.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (!open) show(chosen() ? "" : input.value);
      else {
        at = at < 0 && step < 0 ? count - 1 : (at + step + count) % count;
        mark();
      }
    } else if (open && event.key === "Escape") close();
    else if (open && event.key === "Enter" && at >= 0) pick(at);
    else return;
    event.preventDefault();
  }

  return {
    element: make("div", { class: "chooser" }, input, list, more),
    input,
    value: () => chosen()?.[0] ?? input.value.trim(),
  };
}

// A line above many boxes to tick: what does not fit is out of sight, what is ticked stays.
// `rows` are {box, words, element}.
export function makeFilter(rows, t) {
  const filter = (event) => {
    event.stopPropagation(); // it is no value of the form
    const found = fitting(rows.map((row) => [row, row.words]), event.target.value).map(([row]) => row);
    const others = rows.filter((row) => !found.includes(row));
    for (const row of found) row.element.hidden = false;
    for (const row of others) row.element.hidden = !row.box.checked;
    rows[0].element.parentElement.append(...[...found, ...others].map((row) => row.element));
  };
  return make("input", {
    type: "text", class: "filter", autocomplete: "off", placeholder: t("search"), "aria-label": t("search"),
    input: filter,
  });
}
