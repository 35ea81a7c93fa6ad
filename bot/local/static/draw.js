// Drawing: elements, people, phrases and messages. Text goes in as text and in no other way.

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  menu: "M3 6h18M3 12h18M3 18h18",
  send: "M4 12 20 4l-5 16-3.5-6.5L4 12Zm7.5 1.5L20 4",
  eye: "M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12Zm10 3a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
  gear: "M4 7h9M19 7h1M4 17h3M13 17h7M16 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM10 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
  sun: "M12 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M4.9 4.9l1.8 1.8M17.3 17.3l1.8 1.8M4.9 19.1l1.8-1.8M17.3 6.7l1.8-1.8",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3.5 2",
  down: "M12 5v14M6 13l6 6 6-6",
  close: "M6 6l12 12M18 6 6 18",
  slash: "M15 5 9 19",
  alarm: "M12 4 2.5 20h19L12 4Zm0 6v4.5M12 17.3v.2",
  active: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3.5 2",
  good: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8 12.2l2.8 2.8L16 9.5",
  quiet: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8 12h8",
};

// Make an element. Attributes are set as they are; functions listen; children are nodes or text.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, String(value));
  }
  element.append(...children.filter((each) => each !== null && each !== undefined));
  return element;
}

export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({
    viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false",
  }))
    drawing.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[name]);
  drawing.append(path);
  return drawing;
}

export function avatar(person, place) {
  if (!person) return make("span", { class: "avatar flag", "aria-hidden": "true" });
  const words = person.name.trim().split(/\s+/);
  const initials = [words[0], words.length > 1 ? words.at(-1) : ""]
    .map((word) => Array.from(word)[0] ?? "")
    .join("");
  return make(
    "span",
    { class: `avatar hue${place % 6}`, "aria-hidden": "true" },
    initials.toLocaleUpperCase() || "?",
  );
}

// Put keyed rows into a container, keeping the elements whose content is the same.
// A row is {key, same, draw}; focus inside a redrawn row goes to the same control again.
export function reconcile(container, rows) {
  const before = new Map();
  for (const element of [...container.children]) before.set(element.dataset.key, element);
  let position = container.firstElementChild;
  for (const row of rows) {
    let element = before.get(row.key);
    before.delete(row.key);
    if (element && element.dataset.same !== row.same) {
      const fresh = tagged(row);
      if (element === position) position = fresh;
      replaceKeepingFocus(element, fresh);
      element = fresh;
    }
    element ??= tagged(row);
    if (element === position) position = position.nextElementSibling;
    else container.insertBefore(element, position);
  }
  for (const element of before.values()) element.remove();
}

function tagged(row) {
  const element = row.draw();
  element.dataset.key = row.key;
  element.dataset.same = row.same;
  return element;
}

const CONTROLS = "button, a[href], input, select, textarea";

function replaceKeepingFocus(old, fresh) {
  const inside = [...old.querySelectorAll(CONTROLS)].indexOf(document.activeElement);
  old.replaceWith(fresh);
  if (inside < 0) return;
  const controls = [...fresh.querySelectorAll(CONTROLS)];
  const next = controls[Math.min(inside, controls.length - 1)] ?? fresh;
  next.focus({ preventScroll: true });
}

// --- messages -------------------------------------------------------------------------

// What a message says, in one breath: for the screen reader and the notice.
export function gist(body) {
  const part = body.parts.find((each) => each.kind === "title" || each.kind === "text");
  return part ? plain(part.words) : "";
}

export function plain(words) {
  return words.map((span) => (typeof span === "string" ? span : (span.name ?? span.label))).join("");
}

// `scene` knows the people, who looks, and what a press does.
export function drawBody(body, scene) {
  const card = body.tone !== "plain" || body.parts.some((part) => ["title", "facts"].includes(part.kind));
  const box = make("div", { class: card ? `card tone-${body.tone}` : "plain" });
  for (const part of body.parts) box.append(drawPart(part, body.tone, scene));
  return box;
}

export function drawPart(part, tone, scene) {
  switch (part.kind) {
    case "title":
      return make(
        "h2",
        { class: "title", dir: "auto" },
        tone in SHAPES ? icon(tone) : null,
        make("span", {}, ...drawWords(part.words, scene)),
      );
    case "text":
      return make(
        "p",
        { class: part.small ? "text small" : "text", dir: "auto" },
        ...(part.code ? [make("code", {}, plain(part.words))] : drawWords(part.words, scene)),
      );
    case "facts":
      return make(
        "dl",
        { class: "facts" },
        ...part.rows.map(([label, value]) =>
          make(
            "div",
            {},
            make("dt", {}, ...drawWords(label, scene)),
            make("dd", { dir: "auto" }, ...drawWords(value, scene)),
          ),
        ),
      );
    case "items":
      return make(
        "ul",
        { class: "items" },
        ...part.items.map((item) => make("li", { dir: "auto" }, ...drawWords(item, scene))),
      );
    case "chart":
      return make(
        "figure",
        { class: "chart" },
        ...["light", "dark"].map((theme) =>
          make("img", {
            class: theme,
            alt: plain(part.alt),
            src: `data:image/svg+xml,${encodeURIComponent(part[theme])}`,
          }),
        ),
      );
    case "buttons":
      return make(
        "div",
        { class: "buttons" },
        ...part.buttons.map((each) =>
          make(
            "button",
            {
              type: "button",
              "data-call": each.call.word,
              class: ["primary", "quiet"].includes(each.look) ? each.look : "soft",
              click: (event) => scene.press(each.call, event.currentTarget),
            },
            plain(each.label),
          ),
        ),
      );
    default:
      return make("p", { class: "text small" }, "…");
  }
}

export function drawWords(words, scene) {
  return words.map((span) => drawSpan(span, scene));
}

function drawSpan(span, scene) {
  if (typeof span === "string") return span;
  if ("who" in span) {
    const person = scene.persons.find((each) => each.id === span.who);
    const mine = span.who === scene.me;
    return make("span", { class: mine ? "who mine" : "who" }, person?.name ?? span.name);
  }
  if ("figure" in span) {
    // A figure leads to the entry that says how it is computed.
    const call = { word: "computed", args: { only: span.figure } };
    return make(
      "button",
      {
        type: "button",
        class: "figure",
        title: scene.t("computed"),
        click: (event) => scene.press(call, event.currentTarget),
      },
      span.label,
    );
  }
  const address = safeAddress(span.link);
  if (address === null) return span.label;
  return make(
    "a",
    { href: address, target: "_blank", rel: "noopener noreferrer" },
    span.label,
  );
}

// Only the web's own addresses become links; "javascript:" and the like stay words.
function safeAddress(given) {
  try {
    const address = new URL(given, location.origin);
    return ["https:", "http:"].includes(address.protocol) ? address.href : null;
  } catch {
    return null;
  }
}
