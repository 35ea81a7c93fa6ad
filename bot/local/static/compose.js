// The box that one writes in: drafts, completion of commands, sending.

import { icon, make } from "./draw.js";

const MOST = 8; // proposals at once

// `folded("Störung")` is "stoerung": both are how people type it.
export function folded(word) {
  return word
    .toLowerCase()
    .replace(/ä/g, "ae").replace(/ö/g, "oe").replace(/ü/g, "ue").replace(/ß/g, "ss");
}

export class Composer {
  // `send(text)` returns whether the words were taken; then the box is emptied.
  // `changed()` is called whenever the text is another one, `where` says where it was written.
  constructor(send, changed) {
    this.send = send;
    this.changed = changed;
    this.where = null;
    this.recalled = null; // {texts, at, draft} while ArrowUp goes through what was typed
    this.commands = [];
    this.found = [];
    this.chosen = -1;
    this.busy = false;
    this.t = (key) => key;
    this.before = () => []; // what was typed, the newest last
    this.list = make("ul", { id: "proposals", class: "proposals", role: "listbox", tabindex: 0, hidden: true });
    this.box = make("textarea", {
      class: "box", rows: 1, dir: "auto", autocomplete: "off", spellcheck: "true",
      "aria-autocomplete": "list", "aria-controls": "proposals", "aria-haspopup": "listbox",
      "aria-describedby": "box-hint", enterkeyhint: "send",
      input: () => this.typed(),
      keydown: (event) => this.pressed(event),
      blur: () => setTimeout(() => this.list.contains(document.activeElement) || this.close(), 100),
    });
    this.all = make(
      "button",
      { type: "button", class: "plainicon", "aria-controls": "proposals", "aria-expanded": "false", click: () => this.toggleAll(), mousedown: (event) => event.preventDefault() },
      icon("slash"),
    );
    this.go = make("button", { type: "button", class: "go", click: () => this.submit() }, icon("send"));
    this.hint = make("p", { id: "box-hint", class: "boxhint" });
    this.trouble = make("p", { class: "boxtrouble", role: "alert" });
    this.element = make(
      "div",
      { class: "composer" },
      this.trouble,
      make("div", { class: "boxrow" }, this.list, this.all, this.box, this.go),
      this.hint,
    );
  }

  // Put the labels and commands of the present language in.
  dress(t, commands, placeName) {
    this.t = t;
    this.commands = commands;
    this.box.placeholder = t("write", { place: placeName });
    this.box.setAttribute("aria-label", this.box.placeholder);
    this.list.setAttribute("aria-label", t("commands"));
    for (const [button, key] of [[this.all, "commands"], [this.go, "send"]]) {
      button.setAttribute("aria-label", t(key));
      button.title = t(key);
    }
    this.explain();
  }

  get text() {
    return this.box.value;
  }

  put(text, focus = true) {
    this.recalled = null;
    this.box.value = text;
    this.changed();
    this.grow();
    this.close();
    this.explain();
    this.complain("");
    if (focus) {
      this.box.focus();
      this.box.setSelectionRange(text.length, text.length);
    }
  }

  complain(words) {
    this.trouble.textContent = words;
  }

  typed() {
    this.recalled = null;
    this.changed();
    this.grow();
    const head = folded(this.box.value.replace(/^\s*\/?/, ""));
    const slash = this.box.value.trim() === "/";
    this.found = head || slash ? this.near(head) : [];
    // A word that is complete already is not proposed once more.
    const complete = this.found.some((each) => each.words.some((word) => folded(word) === head));
    if (complete && this.found.length === 1) this.found = [];
    this.chosen = complete || slash ? -1 : 0;
    this.showProposals();
    this.explain();
  }

  near(head) {
    return this.commands.filter((each) => each.words.some((word) => folded(word).startsWith(head)));
  }

  toggleAll() {
    const open = !this.list.hidden;
    this.found = open ? [] : this.commands;
    this.chosen = -1;
    this.box.focus();
    this.showProposals(Infinity);
  }

  showProposals(most = MOST) {
    this.found = this.found.slice(0, most);
    this.list.replaceChildren(
      ...this.found.map((each, position) =>
        make(
          "li",
          {
            id: `proposal-${position}`, role: "option", class: "proposal",
            "aria-selected": String(position === this.chosen),
            mousedown: (event) => event.preventDefault(),
            click: () => this.complete(position),
          },
          make(
            "span",
            { class: "usage" },
            make("b", {}, each.words[0]),
            each.usage.slice(each.words[0].length),
          ),
          make("span", { class: "help" }, each.help),
        ),
      ),
    );
    const open = this.found.length > 0;
    this.list.hidden = !open;
    this.all.setAttribute("aria-expanded", String(open));
    this.mark();
  }

  mark() {
    [...this.list.children].forEach((each, position) => {
      each.setAttribute("aria-selected", String(position === this.chosen));
      if (position === this.chosen) each.scrollIntoView({ block: "nearest" });
    });
    if (this.chosen >= 0 && this.found.length)
      this.box.setAttribute("aria-activedescendant", `proposal-${this.chosen}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  close() {
    this.found = [];
    this.chosen = -1;
    this.showProposals();
  }

  complete(position) {
    this.put(`${this.found[position].words[0]} `);
  }

  // Below the box: how the command at hand is typed, else how to send.
  explain() {
    const typed = folded(this.box.value.replace(/^\s*\/?/, ""));
    const fitting = this.commands
      .flatMap((each) => each.words.map((word) => [folded(word), each]))
      .filter(([word]) => typed === word || typed.startsWith(`${word} `))
      .sort((one, other) => other[0].length - one[0].length)[0]?.[1];
    this.hint.classList.toggle("idle", !fitting);
    if (fitting) this.hint.replaceChildren(make("b", {}, fitting.usage), ` – ${fitting.help}`);
    else this.hint.replaceChildren(this.t("write_hint"));
  }

  pressed(event) {
    if (event.isComposing) return;
    const open = this.found.length > 0;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      const step = event.key === "ArrowDown" ? 1 : -1;
      const count = this.found.length;
      this.chosen = this.chosen < 0 && step < 0 ? count - 1 : (this.chosen + step + count) % count;
      this.mark();
    } else if (open && event.key === "Escape") this.close();
    else if (open && event.key === "Tab" && !event.shiftKey) this.complete(Math.max(this.chosen, 0));
    else if (open && event.key === "Enter" && !event.shiftKey && this.chosen >= 0)
      this.complete(this.chosen);
    else if (event.key === "Enter" && !event.shiftKey) this.submit();
    else if (event.key === "ArrowUp" && !event.shiftKey) {
      if (!this.recall(-1)) return;
    } else if (event.key === "ArrowDown" && !event.shiftKey) {
      if (!this.recall(1)) return;
    } else return;
    event.preventDefault();
  }

  // Bring back what was typed before. Returns whether there was anything to do.
  recall(step) {
    if (!this.recalled) {
      if (step > 0 || this.box.value) return false;
      const texts = this.before();
      this.recalled = { texts, at: texts.length, draft: this.box.value };
    }
    const { texts, at, draft } = this.recalled;
    const next = at + step;
    if (next < 0 || next > texts.length) return next < 0;
    const recalled = { texts, at: next, draft };
    this.put(next === texts.length ? draft : texts[next]);
    this.recalled = next === texts.length ? null : recalled;
    return true;
  }

  async submit() {
    const text = this.box.value;
    if (this.busy || !text.trim()) return;
    this.close();
    this.complain("");
    this.busy = true;
    this.element.classList.add("busy");
    try {
      // What was typed meanwhile stays.
      if ((await this.send(text)) && this.box.value === text) this.put("", false);
    } finally {
      this.busy = false;
      this.element.classList.remove("busy");
    }
  }

  grow() {
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight + 2, 220)}px`;
  }
}
