// Draws messages, modals and home tabs of Slack on one page, without a browser or a network.
//
// Reads {language, theme, users, cards: [{caption, seen, shown}]} and prints the page.
// The blocks are drawn by slack-blocks-to-jsx; the frames around them are ours.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { createElement as h } from "react";
import { renderToStaticMarkup } from "react-dom/server";

const require = createRequire(import.meta.url);
const { Message } = require("slack-blocks-to-jsx");
const slack = readFileSync(require.resolve("slack-blocks-to-jsx/dist/style.css"), "utf8");
const { language, theme, users, cards } = JSON.parse(await text(process.stdin));

const SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="36" height="36"><rect width="36" height="36" rx="6" fill="#1264a3"/><text x="18" y="25" font-size="20" text-anchor="middle" fill="#fff" font-family="sans-serif">L</text></svg>';
const LOGO = `data:image/svg+xml;utf8,${encodeURIComponent(SQUARE)}`;
const [OPTIONAL, WRITE, CHOOSE] = language === "de"
  ? ["optional", "Etwas eingeben", "Option auswählen"]
  : ["optional", "Write something", "Select an option"];
const EMPTY = {
  plain_text_input: [WRITE, ""],
  number_input: [WRITE, "#"],
  users_select: [CHOOSE, "@ ▾"],
  static_select: [CHOOSE, "▾"],
  multi_static_select: [CHOOSE, "▾"],
  datepicker: [CHOOSE, "📅"],
};
const DOUBLES = { "*": "∗", _: "ˍ", "~": "∼", "`": "ˋ", ":": "∶", "<": "‹", ">": "›", "@": "@\u2060" };
const NINE = new Date(2026, 10, 23, 9, 0);

const CSS = `
  :root { color-scheme: ${theme}; }
  * { box-sizing: border-box; }
  body { margin: 0; padding: 24px; font: 15px/1.46 Lato, "Liberation Sans", sans-serif;
    background: var(--around); color: var(--text);
    --around: #e8e8ea; --paper: #fff; --text: #1d1c1d; --soft: #616061; --line: #dddddd; }
  body.dark { --around: #0b0c0e; --paper: #1a1d21; --text: #d1d2d3; --soft: #ababad; --line: #35373b; }
  h1 { font-size: 20px; margin: 0 0 16px; }
  main { columns: 3; column-gap: 20px; }
  .card { break-inside: avoid; margin: 0 0 20px; }
  .caption { font-size: 12px; color: var(--soft); margin: 0 0 4px 2px; }
  .caption b { color: var(--text); }
  .paper { background: var(--paper); border: 1px solid var(--line); border-radius: 8px;
    overflow: hidden; }
  .message { padding: 12px 14px; }
  .only { font-size: 12px; color: var(--soft); margin: 0 0 2px 44px; }
  .bar { display: flex; align-items: center; gap: 10px; padding: 12px 18px;
    border-bottom: 1px solid var(--line); font-weight: 900; font-size: 18px; }
  .bar img { width: 24px; height: 24px; }
  .bar span { flex: 1; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .bar i { font-style: normal; font-weight: 400; color: var(--soft); }
  .blocks { padding: 10px 18px; }
  .foot { display: flex; justify-content: flex-end; gap: 10px; padding: 12px 18px;
    border-top: 1px solid var(--line); }
  .foot button { font: 900 15px/1.3 Lato, "Liberation Sans", sans-serif; padding: 9px 14px; border-radius: 4px;
    border: 1px solid var(--line); background: transparent; color: var(--text); }
  .foot button.send { background: #007a5a; border-color: #007a5a; color: #fff; }
  .tabs { display: flex; gap: 18px; padding: 10px 18px 0; border-bottom: 1px solid var(--line);
    font-size: 13px; color: var(--soft); }
  .tabs b { color: var(--text); padding-bottom: 6px; border-bottom: 2px solid #1264a3; }
  .input { margin: 10px 0 16px; }
  .input label { display: block; font-weight: 900; }
  .input label i, .input p { font-style: normal; font-weight: 400; color: var(--soft); }
  .input p { font-size: 13px; margin: 4px 0 0; }
  .field { border: 1px solid var(--soft); border-radius: 4px; padding: 6px 10px; margin-top: 6px;
    min-height: 36px; display: flex; justify-content: space-between; color: var(--soft); }
  .field.long { min-height: 84px; }
  .field b { font-weight: 400; color: var(--text); }
  /* In Slack a section of rich text stands on lines of its own. */
  .slack_blocks_to_jsx__rich_text > p { display: block !important; }
  .slack_blocks_to_jsx__rich_text, .slack_blocks_to_jsx__header { white-space: pre-wrap; }
`;

function drawn(blocks, framed) {
  return h(Message, {
    blocks: literal(blocks),
    theme,
    name: "Lotse",
    logo: LOGO,
    time: NINE,
    withoutWrapper: !framed,
    data: { users, channels: [], user_groups: [] },
  });
}

/** The library reads markup in plain text, too; Slack does not. Such signs get a double. */
function literal(data) {
  if (Array.isArray(data)) return data.map(literal);
  if (data === null || typeof data !== "object") return data;
  const entries = Object.entries(data).map(([key, value]) => [key, literal(value)]);
  const made = Object.fromEntries(entries);
  if (made.type === "plain_text") made.text = made.text.replace(/./gu, (sign) => DOUBLES[sign] ?? sign);
  return made;
}

/** The blocks of a view; its questions are drawn by us, with what stands in them at first. */
function asked(blocks) {
  return blocks.map((each, n) =>
    h("div", { key: n }, each.type === "input" ? input(each) : drawn([each], false)));
}

function input({ label, element, hint, optional }) {
  const chosen = element.initial_options ?? [element.initial_option].filter(Boolean);
  const user = users.find(({ id }) => id === element.initial_user);
  const given = element.initial_value ?? element.initial_date ?? (user && `@${user.name}`) ??
    chosen.map(({ text }) => text.text).join(", ");
  const choices = (element.options ?? []).map(({ text }) => text.text).join(" / ");
  const [none, sign] = EMPTY[element.type];
  return h("div", { className: "input" },
    h("label", null, label.text, optional && h("i", null, ` (${OPTIONAL})`)),
    h("div", { className: element.multiline ? "field long" : "field" },
      given ? h("b", null, given) : none, h("span", null, sign)),
    choices && h("p", null, `[ ${choices} ]`),
    hint && h("p", null, hint.text));
}

function message({ seen, shown }) {
  const only = language === "de" ? "Nur für dich sichtbar" : "Only visible to you";
  return h("div", { className: "paper message" },
    seen.startsWith("only") && h("div", { className: "only" }, `👁 ${only}`),
    drawn(shown.blocks, true));
}

function modal({ shown }) {
  return h("div", { className: "paper" },
    h("div", { className: "bar" },
      h("img", { src: LOGO, alt: "" }), h("span", null, shown.title.text), h("i", null, "✕")),
    h("div", { className: "blocks" }, asked(shown.blocks)),
    h("div", { className: "foot" },
      shown.close && h("button", null, shown.close.text),
      shown.submit && h("button", { className: "send" }, shown.submit.text)));
}

function home({ shown }) {
  return h("div", { className: "paper" },
    h("div", { className: "tabs" }, h("b", null, "Home"), h("span", null, "Messages")),
    h("div", { className: "blocks" }, drawn(shown.blocks, false)));
}

function card(each) {
  const draw = { modal, home }[each.shown.type] ?? message;
  return h("section", { className: "card", key: each.caption },
    h("p", { className: "caption" }, h("b", null, each.caption), ` · ${each.seen}`,
      each.shown.text && h("span", null, ` · “${unescaped(each.shown.text)}”`)),
    draw(each));
}

function unescaped(text) {
  return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
}

const body = renderToStaticMarkup(
  h("body", { className: theme },
    h("h1", null, `Lotse in Slack · ${language} · ${theme}`),
    h("main", null, cards.map(card))));
process.stdout.write(
  `<!doctype html><html lang="${language}"><meta charset="utf-8"><title>Lotse in Slack</title>` +
  `<style>${slack}</style><style>${CSS}</style>${body}</html>\n`,
);
