/** How an answer was made: the GraphQL and the Cypher that give it, to take along. */

import { href } from "./address.js";
import { copyable } from "./copy.js";
import { el } from "./dom.js";

const GIVES = {
  VERDICT: "It gives this verdict as it is stored.",
  PARTS: "This verdict was computed for this answer and is not stored: the query gives what its two sides change, joined by orthology.",
  ONE_SIDE: "The query gives what the one side that is in the graph changes.",
  NOTHING: "No Cypher: nothing of this match is in the graph.",
};

export function made(match, { document, variables }) {
  return el(
    "section",
    { class: "made", "aria-labelledby": "made-head" },
    el("h3", { id: "made-head" }, "How it was asked"),
    el("p", { class: "note" }, `Method ${match.method}; data ${match.dataVersion}; id ${match.curie}. Send the GraphQL to /graphql.`),
    el("div", { class: "pair even" }, el("div", {}, copyable("GraphQL", document, { level: "h4" }), copyable("GraphQL variables", JSON.stringify(variables, null, 1), { level: "h4" })), el("div", {}, match.cypher && copyable("Cypher", match.cypher, { level: "h4" }), el("p", { class: "note" }, GIVES[match.cypherGives]),
      match.cypher && el("p", {}, el("a", { href: href({ view: "cypher", query: match.cypher }) }, "Run it on the Cypher page")))),
  );
}
