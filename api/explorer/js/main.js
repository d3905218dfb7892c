/** The page: one view at a time, chosen by the address. */

import { follow, href } from "./address.js";
import { AskError } from "./ask.js";
import { el, focusOn } from "./dom.js";
import { tellSimulated } from "./simulated.js";
import { startTips } from "./tip.js";
import { trouble } from "./trouble.js";
import * as atlases from "./atlases.js";
import * as cypher from "./cypher.js";
import * as jobs from "./jobs.js";
import * as search from "./search.js";
import { cellTypes, drugs, genes, models } from "./things.js";
import { compare, mimics } from "./several.js";
import * as space from "./space.js";
import * as submission from "./submission.js";
import * as verdicts from "./verdicts.js";

const VIEWS = { verdicts, compare, mimics, space, atlases, submission, jobs, search, cypher, gene: genes, celltype: cellTypes, model: models, drug: drugs };
const NAMES = { verdicts: "Verdicts", compare: "Compare", space: "Species", atlases: "Atlases", jobs: "Jobs", search: "Search", cypher: "Cypher" };

const main = document.getElementById("main");
let place = null; // of the present view; one that was left writes into its own, which nobody sees
let turns = 0;

/** `main` is aria-busy until the view of the present address stands, or its error does. */
async function show(state, before) {
  const turn = ++turns;
  const still = () => turn === turns;
  main.setAttribute("aria-busy", "true");
  const name = state.view in VIEWS ? state.view : "verdicts";
  const under = name === "submission" ? "atlases" : name in NAMES ? name : "search";
  const links = Object.entries(NAMES).map(([view, label]) =>
    el("a", { href: href({ view }), "aria-current": view === under ? "page" : null }, label),
  );
  document.getElementById("views").replaceChildren(...links);
  document.title = `${VIEWS[name].title(state)} · OrthoKG`;
  const moved = before && before.view !== state.view;
  if (moved || !place) main.replaceChildren((place = el("div", { class: "view" })));
  const mine = place;
  try {
    await VIEWS[name].view(mine, state, before, still);
    if (moved && still()) focusOn(mine.querySelector("h1") ?? main);
  } catch (error) {
    if (!(error instanceof AskError)) console.error(error);
    if (!still()) return;
    const known = error instanceof AskError ? error : new AskError("This page failed to draw the answer.", "PAGE");
    mine.replaceChildren(el("h1", {}, "OrthoKG"), trouble(known));
  } finally {
    if (still()) main.removeAttribute("aria-busy");
  }
}

startTips();
follow(show);
tellSimulated();
