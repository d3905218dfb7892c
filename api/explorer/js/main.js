/** The page: one view at a time, chosen by the address. */

import { follow, href } from "./address.js";
import { AskError } from "./ask.js";
import { el, focusOn } from "./dom.js";
import { tellSimulated } from "./simulated.js";
import { startTips } from "./tip.js";
import { trouble } from "./trouble.js";
import { about, cite } from "./about.js";
import * as atlases from "./atlases.js";
import { contrasts } from "./contrast.js";
import * as curations from "./curations.js";
import * as cypher from "./cypher.js";
import { genes } from "./gene.js";
import * as grid from "./grid.js";
import * as jobs from "./jobs.js";
import { regulons } from "./regulon.js";
import * as search from "./search.js";
import { compare, mimics } from "./several.js";
import * as signature from "./signature.js";
import { datasets } from "./study.js";
import { cellTypes, drugs, models } from "./things.js";
import * as unknown from "./unknown.js";
import * as space from "./space.js";
import * as submission from "./submission.js";
import * as verdicts from "./verdicts.js";

const VIEWS = {
  verdicts, grid, signature, compare, mimics, space, atlases, submission, jobs, curations, search, cypher, about, cite, gene: genes, regulon: regulons, contrast: contrasts, dataset: datasets,
  celltype: cellTypes, model: models, drug: drugs,
};
const NAMES = { verdicts: "Verdicts", grid: "All models", signature: "Your table", compare: "Compare", space: "Species", atlases: "Atlases", jobs: "Jobs", curations: "Curations", search: "Search", cypher: "Cypher", about: "About" };
/** Views without a link of their own -> the one that they belong to; search for the others. */
const UNDER = { submission: "atlases", cite: "about" };

const main = document.getElementById("main");
let place = null; // of the present view; one that was left writes into its own, which nobody sees
let turns = 0;

/** `main` is aria-busy until the view of the present address stands, or its error does. */
async function show(state, before) {
  const turn = ++turns;
  const still = () => turn === turns;
  main.setAttribute("aria-busy", "true");
  const name = state.view || "verdicts";
  const chosen = Object.hasOwn(VIEWS, name) ? VIEWS[name] : unknown;
  const under = chosen === unknown || Object.hasOwn(NAMES, name) ? name : UNDER[name] ?? "search";
  const links = Object.entries(NAMES).map(([view, label]) =>
    el("a", { href: href({ view }), "aria-current": view === under ? "page" : null }, label),
  );
  document.getElementById("views").replaceChildren(...links);
  document.title = `${chosen.title(state)} · OrthoKG`;
  const moved = before && before.view !== state.view;
  if (moved || !place) main.replaceChildren((place = el("div", { class: "view" })));
  const mine = place;
  try {
    await chosen.view(mine, state, before, still);
    if (moved && still() && !mine.contains(document.activeElement)) focusOn(mine.querySelector("h1") ?? main);
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
