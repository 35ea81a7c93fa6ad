// Makes tests/data/block_kit.schema.json from Slack's own types (npm: @slack/types).
//
// Kept are the blocks below, the two views, and all that they are made of; of the
// comments only the sentences that state a limit, from which tests/pretend/block_kit.py makes one.
// Run by `make block-kit`; it prints the schema.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createGenerator } from "ts-json-schema-generator";

const BLOCKS = [
  "ActionsBlock",
  "ContextBlock",
  "DividerBlock",
  "HeaderBlock",
  "ImageBlock",
  "InputBlock",
  "RichTextBlock",
  "SectionBlock",
];
const VIEWS = ["HomeView", "ModalView"];
const LIMIT = /\b(max|min)(imum)?\b.*\d|\bup to \d|\bbetween \d+ and \d|\bfrom \d+ .*\bto \d|exceed/i;

const types = createRequire(import.meta.url).resolve("@slack/types");
const { name, version, license } = JSON.parse(
  readFileSync(join(dirname(types), "..", "package.json"), "utf8"),
);
const { definitions } = createGenerator({
  path: types.replace(/\.js$/, ".d.ts"),
  type: "*",
  skipTypeCheck: true,
  encodeRefs: false,
}).createSchema("*");

// A view takes our blocks, not any object that has a type.
for (const view of VIEWS) definitions[view].properties.blocks.items = { $ref: ref("Blocks") };
definitions.Blocks = { anyOf: BLOCKS.map((block) => ({ $ref: ref(block) })) };

const kept = {};
const wanted = [...VIEWS, "Blocks"];
while (wanted.length) {
  const each = wanted.pop();
  if (each in kept) continue;
  kept[each] = trimmed(definitions[each]);
  for (const [, name] of JSON.stringify(kept[each]).matchAll(/"#\/definitions\/(\w+)"/g)) {
    wanted.push(name);
  }
}

const schema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  $comment: `Made from ${name} ${version} (${license}, see block_kit.LICENSE) by \`make block-kit\`.`,
  definitions: Object.fromEntries(Object.entries(kept).sort(([a], [b]) => (a < b ? -1 : 1))),
};
console.log(JSON.stringify(schema, null, 1));

function ref(name) {
  return `#/definitions/${name}`;
}

/** The same schema, with only those sentences of its descriptions that state a limit. */
function trimmed(schema) {
  if (Array.isArray(schema)) return schema.map(trimmed);
  if (schema === null || typeof schema !== "object") return schema;
  const entries = Object.entries(schema).map(([key, value]) => {
    if (key === "properties") {
      const each = Object.entries(value).map(([name, inner]) => [name, trimmed(inner)]);
      return [key, Object.fromEntries(each)];
    }
    return [key, key === "description" ? limits(value) : trimmed(value)];
  });
  return Object.fromEntries(entries.filter(([key, value]) => key !== "description" || value));
}

function limits(description) {
  const said = description
    .replace(/\{@link\s+(\S+)\s*([^}]*)\}/g, (_, address, words) => words.trim() || address)
    .replace(/`/g, "")
    .replace(/\s+/g, " ");
  return said
    .split(/(?<=[.!]) (?=[A-Z])/)
    .filter((sentence) => LIMIT.test(sentence))
    .join(" ")
    .trim();
}
