// Says what Microsoft's renderer thinks of cards: reads a list of them, prints a list of lists.

import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const AC = createRequire(import.meta.url)("adaptivecards/dist/adaptivecards.min.js");

function events(data) {
  const context = new AC.SerializationContext(AC.Versions.v1_5);
  const card = new AC.AdaptiveCard();
  // It counts the buttons in the menu as well; how many stand in a row is asked elsewhere.
  card.hostConfig = new AC.HostConfig({ actions: { maxActions: 30 } });
  card.parse(data, context);
  const parsed = Array.from({ length: context.eventCount }, (_, n) => context.getEventAt(n));
  return [...parsed, ...card.validateProperties().validationEvents].map(
    ({ event, message }) => `${AC.ValidationEvent[event]}: ${message}`,
  );
}

const cards = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(cards.map(events)));
