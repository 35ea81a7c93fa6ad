// Draws cards and dialogs of Teams on one page, with Microsoft's renderer, in a browser.
//
// GIVEN is {title, theme, cards: [{caption, seen, shown}]}. `shown` is an activity, the answer
// that opens a dialog, or the answer to a search. The frames are ours; the colours are close to those of Teams.

const DARK = GIVEN.theme === "dark";
const EVENTS = [];

const pair = (plain, subtle) => ({ default: plain, subtle });
const TEXT = {
  default: DARK ? pair("#ffffff", "#adadad") : pair("#242424", "#616161"),
  accent: DARK ? pair("#9ea2ff", "#9ea2ff") : pair("#5b5fc7", "#5b5fc7"),
  attention: DARK ? pair("#f9526b", "#f9526b") : pair("#c4314b", "#c4314b"),
  good: DARK ? pair("#92c353", "#92c353") : pair("#237b4b", "#237b4b"),
  warning: DARK ? pair("#ffd335", "#ffd335") : pair("#835b00", "#835b00"),
};
const BACK = DARK
  ? { default: "#292929", emphasis: "#333333", accent: "#2f2f4a", attention: "#431d24", good: "#1d3323", warning: "#443a14" }
  : { default: "#ffffff", emphasis: "#f0f0f0", accent: "#e8ebfa", attention: "#fce3e6", good: "#e1f2e6", warning: "#fdf3d1" };

const HOST = new AdaptiveCards.HostConfig({
  fontFamily: "'Segoe UI', 'Liberation Sans', sans-serif",
  fontSizes: { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 },
  fontWeights: { lighter: 300, default: 400, bolder: 600 },
  spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
  supportsInteractivity: true,
  actions: { maxActions: 6, actionsOrientation: "horizontal", actionAlignment: "left", buttonSpacing: 8 },
  containerStyles: Object.fromEntries(
    Object.entries(BACK).map(([name, backgroundColor]) => [name, { backgroundColor, foregroundColors: TEXT }]),
  ),
  inputs: { label: { requiredInputs: { suffix: " *" } }, errorMessage: { color: "attention" } },
});

const reader = markdownit();
AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
  result.outputHtml = reader.render(text).replace(
    /&lt;at&gt;([^<>&]+)&lt;\/at&gt;/g,
    (_, name) => `<span class="at">${name}</span>`,
  );
  result.didProcess = true;
};

function drawn(data) {
  const context = new AdaptiveCards.SerializationContext(AdaptiveCards.Versions.v1_5);
  const card = new AdaptiveCards.AdaptiveCard();
  card.hostConfig = HOST;
  card.parse(known(data), context);
  for (let n = 0; n < context.eventCount; n++) EVENTS.push(context.getEventAt(n).message);
  EVENTS.push(...card.validateProperties().validationEvents.map(({ message }) => message));
  return card.render();
}

/** The renderer does not know Teams' search for people; a selection stands for it. */
function known(data) {
  if (Array.isArray(data)) return data.map(known);
  if (data === null || typeof data !== "object") return data;
  const made = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, known(value)]));
  if (!made["choices.data"]) return made;
  const { "choices.data": _data, ...rest } = made;
  return { ...rest, choices: [{ title: "@ …", value: made.value ?? "@" }], value: made.value ?? "@" };
}

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

function framed(shown) {
  if (shown.composeExtension) return results(shown.composeExtension);
  if (shown.text) return element("div", "message", element("i", "logo", "L"), element("div", "paper line", shown.text));
  if (!shown.task) {
    const paper = element("div", "paper", drawn(shown.attachments[0].content));
    return element("div", "message", element("i", "logo", "L"), element("div", "", element("div", "by", "Lotse 09:00"), paper));
  }
  const { title, height, card } = shown.task.value;
  const body = element("div", "body", drawn(card.content));
  body.style.minHeight = `${Math.min(height, 200)}px`;
  return element("div", "dialog", element("div", "bar", element("i", "logo", "L"), element("b", "", title), "✕"), body);
}

function results({ attachments }) {
  const lines = attachments.map(({ preview: { content } }) =>
    element("div", "line", element("b", "", content.title), element("br", ""), content.subtitle));
  return element("div", "dialog", ...lines);
}

const main = element("main", "");
document.body.append(element("h1", "", GIVEN.title), main);
for (const { caption, seen, shown } of GIVEN.cards) {
  const above = element("p", "caption", element("b", "", caption), ` · ${seen}`);
  if (shown.summary) above.append(` · “${shown.summary}”`);
  main.append(element("section", "card", above, framed(shown)));
}
