/** The page: one view at a time, chosen by the address. */

import { follow, href } from "./address.js";
import { AskError } from "./ask.js";
import { el, focusOn } from "./dom.js";
import { tellSimulated } from "./simulated.js";
import { startTips } from "./tip.js";
import { trouble } from "./trouble.js";
import * as cypher from "./cypher.js";
import * as search from "./search.js";
import { cellTypes, drugs, genes, models } from "./things.js";
import * as verdicts from "./verdicts.js";

const VIEWS = { verdicts, search, cypher, gene: genes, celltype: cellTypes, model: models, drug: drugs };
const NAMES = { verdicts: "Verdicts", search: "Search", cypher: "Cypher" };

const main = document.getElementById("main");

async function show(state, before) {
  const name = state.view in VIEWS ? state.view : "verdicts";
  const links = Object.entries(NAMES).map(([view, label]) =>
    el("a", { href: href({ view }), "aria-current": view === name || (view === "search" && !(name in NAMES)) ? "page" : null }, label),
  );
  document.getElementById("views").replaceChildren(...links);
  document.title = `${VIEWS[name].title(state)} · OrthoKG`;
  const moved = before && before.view !== state.view;
  if (moved) main.replaceChildren();
  try {
    await VIEWS[name].view(main, state, before);
    if (moved) focusOn(main.querySelector("h1") ?? main);
  } catch (error) {
    if (!(error instanceof AskError)) console.error(error);
    const known = error instanceof AskError ? error : new AskError("This page failed to draw the answer.", "PAGE");
    main.replaceChildren(el("h1", {}, "OrthoKG"), trouble(known));
  }
}

startTips();
follow(show);
tellSimulated();
