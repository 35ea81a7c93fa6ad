// Dialogs: a form that completes a command, what is shown only once, the names and languages.

import { Failed, act, newId } from "./talk.js";
import { alarms, notify, ring, wantNotification, wantSound } from "./alarms.js";
import { makeChooser, makeFilter } from "./choose.js";
import { avatar, drawBody, drawPart, icon, make, plain } from "./draw.js";

// What was typed into a form that was closed, so that it is there when it is opened again.
// A reload leaves it, too.
const KEY = "lotse-forms";
const kept = new Map(JSON.parse(sessionStorage.getItem(KEY) ?? "[]"));
const FEW = 10; // choices; more of them are searched by typing

function keep(key, values) {
  if (values) kept.set(key, values);
  else kept.delete(key);
  sessionStorage.setItem(KEY, JSON.stringify([...kept]));
}

// Show a form; `scene` says for whom and where, and knows the labels.
export function openForm(form, scene) {
  const key = JSON.stringify([scene.me, form.call]);
  const before = kept.get(key) ?? {};
  const fields = form.fields.map((field) => drawField(field, before[field.name], scene));
  const trouble = make("div", { class: "trouble", role: "alert" });
  const submit = make("button", { type: "submit", class: "primary" }, form.submit);
  const page = make(
    "form",
    { class: "form", novalidate: true },
    ...fields.map((each) => each.element),
    trouble,
    make(
      "div",
      { class: "ends" },
      make("button", { type: "button", class: "quiet", click: () => dialog.close() }, scene.t("cancel")),
      submit,
    ),
  );
  const dialog = openDialog(form.title, page, scene);
  const values = () => Object.fromEntries(fields.map((each) => [each.name, each.value()]));
  for (const change of ["input", "picked"]) page.addEventListener(change, () => keep(key, values()));
  page.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) page.requestSubmit();
  });

  let id = newId();
  page.addEventListener("submit", async (event) => {
    event.preventDefault();
    trouble.replaceChildren();
    for (const each of fields) each.complain("");
    submit.disabled = true;
    try {
      const answer = await act("submit", {
        id, person: scene.me, place: scene.place, call: form.call, values: values(),
      });
      id = newId();
      if (answer.outcome === "done" || answer.outcome === "seen") {
        keep(key, null);
        dialog.close();
        scene.followUp(answer);
      } else complain(answer);
    } catch (error) {
      trouble.replaceChildren(make("p", {}, scene.explain(error)));
      if (!(error instanceof Failed)) throw error;
    } finally {
      submit.disabled = false;
    }
  });

  // Each field says what is wrong with it; the first of them is gone to. What belongs to no
  // field stands below, without the words that are in the form anyway.
  function complain(answer) {
    const said = answer.fields ?? (answer.field ? { [answer.field]: "" } : {});
    const wrong = fields.filter((each) => each.name in said);
    for (const each of wrong) each.complain(said[each.name] || scene.t("went_wrong"));
    wrong[0]?.focus();
    if (!answer.message) {
      if (!wrong.length) trouble.replaceChildren(make("p", {}, scene.t("went_wrong")));
      return;
    }
    const press = (call, button) => {
      dialog.close();
      scene.press(call, button);
    };
    const typed = new Set(fields.map((each) => each.value().trim()));
    const left = (part) =>
      part.kind === "text" ? !wrong.length && !typed.has(plain(part.words).trim()) : !wrong.length || part.kind === "buttons";
    const parts = answer.message.parts.filter(left);
    if (!parts.length) return;
    trouble.replaceChildren(drawBody({ ...answer.message, parts }, { ...scene, press }));
    if (!wrong.length) trouble.scrollIntoView({ block: "nearest" });
  }
}

// Show what is kept nowhere: it is gone with the dialog, here too.
export function openSecret(message, scene) {
  const title = message.parts.find((part) => part.kind === "title");
  const texts = message.parts.filter((part) => part.kind !== "title" && part.kind !== "buttons");
  const buttons = message.parts.filter((part) => part.kind === "buttons");
  const press = (call, button) => {
    dialog.close();
    scene.press(call, button);
  };
  const page = make(
    "div",
    { class: "form secret" },
    ...texts.map((part) => {
      const words = part.kind === "text" ? plain(part.words) : "";
      const alone = /^https?:\/\/\S+$/.test(words);
      return alone ? drawAddress(words, scene) : drawPart(part, message.tone, scene);
    }),
    make("p", { class: "once" }, icon("eye"), scene.t("only_now")),
    make(
      "div",
      { class: "ends" },
      ...buttons.map((part) => drawPart(part, message.tone, { ...scene, press })),
      make("button", { type: "button", class: "primary", click: () => dialog.close() }, scene.t("close")),
    ),
  );
  const dialog = openDialog(title ? plain(title.words) : scene.t("only_you"), page, scene);
}

// An address to take along: one click selects or copies all of it.
function drawAddress(address, scene) {
  const code = make("code", { dir: "ltr" }, address);
  const copy = make("button", { type: "button", class: "soft" }, scene.t("copy"));
  copy.addEventListener("click", async () => {
    getSelection().selectAllChildren(code);
    try {
      await navigator.clipboard.writeText(address);
      copy.replaceChildren(scene.t("copied"));
    } catch {
      // The browser does not let us; the address is selected, so that the keyboard can.
    }
  });
  return make("div", { class: "address" }, code, copy);
}

export function openDialog(title, content, scene) {
  const heading = make("h2", { id: `dialog-${newId()}`, dir: "auto" }, title);
  const dialog = make(
    "dialog",
    { class: "dialog", "aria-labelledby": heading.id, close: closed },
    make(
      "div",
      { class: "sheet" },
      make(
        "header",
        {},
        heading,
        make(
          "button",
          { type: "button", class: "plainicon", "aria-label": scene.t("close"), click: () => dialog.close() },
          "×",
        ),
      ),
      content,
    ),
  );
  // Browsers give the focus back, but some leave a text field without its caret.
  function closed() {
    dialog.remove();
    const back = document.activeElement;
    if (back === document.body) return;
    back.blur();
    back.focus({ preventScroll: true });
  }

  document.body.append(dialog);
  dialog.showModal();
  content.querySelector("input, textarea, select, button")?.focus();
  return dialog;
}

// Draw one question; what comes back can tell its value and show what is wrong with it.
function drawField(field, before, scene) {
  const id = `field-${newId()}`;
  const value = before ?? field.value;
  const choices = field.choices.length || field.kind !== "person"
    ? field.choices
    : scene.persons.map((each) => [each.id, each.name]);
  const described = { "aria-describedby": `${id}-hint ${id}-error` };
  const error = make("p", { class: "error", id: `${id}-error` });
  const hint = make("p", { class: "hint", id: `${id}-hint`, dir: "auto" }, field.hint);
  const many = field.kind === "choices";
  // What may be left out needs a way back to nothing, which radio buttons do not have.
  const few = field.kind === "choice" && field.required && choices.length <= 4;
  const grouped = (many || few) && choices.length > 0;
  const label = [
    field.label,
    field.required ? null : make("span", { class: "optional" }, ` (${scene.t("optional")})`),
  ];

  if (grouped) {
    const only = few && choices.length === 1 ? choices[0][0] : "";
    const chosen = many ? value.split(",") : [value || only];
    const boxes = choices.map(([key, words]) =>
      make("input", {
        type: many ? "checkbox" : "radio", name: id, value: key, checked: chosen.includes(key),
        "aria-label": words,
      }),
    );
    const rows = boxes.map((box, position) => ({
      box,
      words: choices[position][1],
      element: make("label", { class: "choice" }, box, make("span", {}, choices[position][1])),
    }));
    const element = make(
      "fieldset",
      { class: "field", ...described },
      make("legend", {}, ...label),
      hint,
      choices.length > FEW ? makeFilter(rows, scene.t) : null,
      make("div", { class: "choices" }, ...rows.map((row) => row.element)),
      error,
    );
    return {
      name: field.name,
      element,
      value: () => boxes.filter((box) => box.checked).map((box) => box.value).join(","),
      focus: () => boxes[0].focus(),
      complain: (words) => {
        error.textContent = words;
        element.classList.toggle("wrong", words !== "");
      },
    };
  }

  const searched = ["choice", "person"].includes(field.kind) && choices.length > FEW;
  const chooser = searched
    ? makeChooser(choices, { id, ...described, "aria-required": field.required ? "true" : null }, value, scene.t)
    : null;
  const input = chooser?.input ?? drawInput(field, id, value, choices, described, scene);
  return {
    name: field.name,
    element: make(
      "div",
      { class: "field" },
      make("label", { for: id }, ...label),
      hint,
      chooser?.element ?? input,
      error,
    ),
    value: () => (chooser ? chooser.value() : input.value),
    focus: () => input.focus(),
    complain: (words) => {
      error.textContent = words;
      if (words) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    },
  };
}

function drawInput(field, id, value, choices, described, scene) {
  const shared = { id, ...described, "aria-required": field.required ? "true" : null };
  if (field.kind === "choice" || field.kind === "person") {
    const select = make(
      "select",
      shared,
      make("option", { value: "" }, field.required ? scene.t("choose") : "–"),
      ...choices.map(([key, words]) => make("option", { value: key }, words)),
    );
    // A name that was typed stands for its choice.
    const found = choices.find(([key, words]) => key === value || words === value);
    select.value = found ? found[0] : "";
    return select;
  }
  if (field.kind === "long") {
    const area = make("textarea", { ...shared, rows: 3, dir: "auto" });
    area.value = value;
    return area;
  }
  const kinds = { number: { inputmode: "numeric" }, date: { type: "date" } };
  const input = make("input", { type: "text", dir: "auto", autocomplete: "off", ...shared, ...kinds[field.kind] });
  input.value = value;
  return input;
}

// A sound and a notification for an alarm. They count at once, and in this browser only.
function drawAlarms(scene) {
  const said = make("p", { class: "hint", role: "status" });
  const sound = make("input", { type: "checkbox", checked: alarms.sound, change: () => wantSound(sound.checked) });
  const notifies = make("input", {
    type: "checkbox", checked: alarms.notify,
    change: async () => {
      const wanted = notifies.checked;
      notifies.checked = await wantNotification(wanted);
      said.textContent = wanted && !notifies.checked ? scene.t("alarm_denied") : "";
    },
  });
  const attempt = () => {
    if (alarms.sound) ring();
    if (alarms.notify) notify("Lotse", scene.t("alarm_try"), "lotse-try", () => {});
    said.textContent = alarms.any ? "" : scene.t("alarm_off");
  };
  return make(
    "fieldset",
    { class: "field alarms" },
    make("legend", {}, scene.t("alarm_title")),
    make("p", { class: "hint" }, scene.t("alarm_hint")),
    make(
      "div",
      { class: "choices" },
      make("label", { class: "choice" }, sound, make("span", {}, scene.t("alarm_sound"))),
      make("label", { class: "choice" }, notifies, make("span", {}, scene.t("alarm_notify"))),
    ),
    make("div", { class: "attempt" }, make("button", { type: "button", class: "soft", click: attempt }, scene.t("alarm_try"))),
    said,
  );
}

// Everybody's name and language, the company's language, and what an alarm does.
export function openSettings(scene, company) {
  const languages = [["de", "Deutsch"], ["en", "English"]];
  const options = (chosen, more = []) =>
    [...more, ...languages].map(([key, words]) =>
      make("option", { value: key, selected: key === chosen }, words),
    );
  const rows = scene.persons.map((person, position) => {
    const name = make("input", {
      type: "text", maxlength: 60, autocomplete: "off", "aria-label": `${scene.t("name")} – ${person.role}`,
    });
    name.value = person.name;
    const language = make(
      "select",
      { "aria-label": `${scene.t("language")} – ${person.name}` },
      ...options(person.language, [["", scene.t("as_company")]]),
    );
    const here = make("input", { type: "checkbox", checked: person.here });
    const element = make(
      "div",
      { class: "someone" },
      avatar(person, position),
      make("div", { class: "naming" }, make("span", { class: "hint" }, person.role), name),
      language,
      make("label", { class: "here" }, here, scene.t("here")),
    );
    return { person, name, language, here, element };
  });
  const whole = make("select", { id: "company-language" }, ...options(company.language));
  const trouble = make("div", { class: "trouble", role: "alert" });
  const page = make(
    "form",
    { class: "form", novalidate: true },
    drawAlarms(scene),
    make("h3", {}, scene.t("names_title")),
    make("p", { class: "hint" }, scene.t("settings_hint")),
    ...rows.map((row) => row.element),
    make("div", { class: "field" }, make("label", { for: "company-language" }, scene.t("company_language")), whole),
    trouble,
    make(
      "div",
      { class: "ends" },
      make("button", { type: "button", class: "quiet", click: () => dialog.close() }, scene.t("cancel")),
      make("button", { type: "submit", class: "primary" }, scene.t("save")),
    ),
  );
  const dialog = openDialog(scene.t("settings"), page, scene);
  page.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      for (const { person, name, language, here } of rows) {
        const change = {};
        if (name.value.trim() && name.value.trim() !== person.name) change.name = name.value.trim();
        if (language.value !== person.language) change.language = language.value;
        if (here.checked !== person.here) change.here = here.checked;
        if (Object.keys(change).length) await act("person", { person: person.id, ...change });
      }
      if (whole.value !== company.language) await act("company", { language: whole.value });
      dialog.close();
    } catch (error) {
      trouble.replaceChildren(make("p", {}, scene.explain(error)));
      if (!(error instanceof Failed)) throw error;
    }
  });
}
