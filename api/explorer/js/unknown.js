/** What an address leads to whose view does not exist. */

import { href } from "./address.js";
import { el } from "./dom.js";

export const title = () => "No such page";

export function view(root, state) {
  root.replaceChildren(
    el("div", { class: "question" },
      el("h1", {}, "No such page"),
      el("p", { class: "lead", role: "alert" }, `The address asks for the view "${state.view}", and there is none of this name.`),
      el("p", {}, "Go to the ", el("a", { href: href({}) }, "verdicts"), ", or ", el("a", { href: href({ view: "search" }) }, "search the graph"), ".")),
  );
}
