/** How an answer was made: the GraphQL and the Cypher that give it, to take along. */

import { href } from "./address.js";
import { copyable } from "./copy.js";
import { el } from "./dom.js";

export function made(match, { document, variables }) {
  return el(
    "section",
    { class: "made", "aria-labelledby": "made-head" },
    el("h3", { id: "made-head" }, "How it was asked"),
    el("p", { class: "note" }, `Method ${match.method}; data ${match.dataVersion}; id ${match.curie}. Send the GraphQL to /graphql.`),
    el("div", { class: "pair even" }, el("div", {}, copyable("GraphQL", document, { level: "h4" }), copyable("GraphQL variables", JSON.stringify(variables, null, 1), { level: "h4" })), match.cypher ? el("div", {}, copyable("Cypher", match.cypher, { level: "h4" }),
      el("p", {}, el("a", { href: href({ view: "cypher", query: match.cypher }) }, "Run it on the Cypher page"))) : el("p", { class: "note" }, "No Cypher gives this match: it was computed for this answer and is not stored.")),
  );
}
