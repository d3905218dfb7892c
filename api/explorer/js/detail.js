/** All that one verdict rests on. */

import { href, read } from "./address.js";
import { ask, askAgain, AskError } from "./ask.js";
import { made } from "./made.js";
import { el } from "./dom.js";
import { curated, viewer } from "./curate.js";
import { changesTable, factorsTable } from "./changes.js";
import { bandTable, cohortsTable, evidenceTable, givenTable, modelsTable, referencesTable, togetherNote } from "./evidence.js";
import { contents } from "./contents.js";
import { MEANINGS } from "./declared.js";
import { CURATIONS, MATCH, MATCH_ASKED, REGULONS } from "./documents.js";
import { gaps } from "./gaps.js";
import { chance, count, score, sentence } from "./format.js";
import { nullPlot } from "./nullplot.js";
import { scatter } from "./scatter.js";
import { pill } from "./status.js";
import { reportButton } from "./report.js";

/** Fetches the match and gives the panel. `asked`: the question and the place it stands at, or a stored one by its id. */
export async function detail(curie, asked) {
  const { match, document, variables, problems } = await fetched(curie, asked);
  const [factors, curations, who] = await Promise.all([match.matchLevel === "gene" && asked ? regulonsOf(match, asked) : null, curationsOf(match), viewer().catch(unknown)]);
  const told = problems.filter((problem) => problem.code !== "UNTESTABLE");
  return panel(match, { factors, curations, who }, told, { document, variables });
}

async function fetched(curie, asked) {
  const [document, variables] = asked ? [MATCH_ASKED, asked] : [MATCH, { id: curie }];
  const { match, matches, problems } = await ask(document, variables);
  const found = match ?? matches?.nodes[0];
  if (!found || found.curie !== curie) throw problems[0] ?? new AskError(`The match ${curie} no longer exists: ask again.`, "GONE");
  return { match: found, document, variables, problems };
}

/** A stored match can be judged by curators; what they said is asked apart, so that it never hides the verdict. */
async function curationsOf(match, question = ask) {
  if (match.cypherGives !== "VERDICT") return { found: [], why: "This match was computed for this answer; only a stored match can be curated." };
  try {
    return { found: (await question(CURATIONS, { id: match.curie })).match?.curations ?? [] };
  } catch (error) {
    if (!(error instanceof AskError)) throw error;
    return { found: [], why: `Curations cannot be shown: ${error.message}` };
  }
}

/** Who may not be told apart may not curate: the verdict stands all the same. */
function unknown(error) {
  if (!(error instanceof AskError)) throw error;
  return { name: "", scopes: [] };
}

async function regulonsOf(match, { model, disease, policy }) {
  try {
    const { matches } = await ask(REGULONS, { model, disease, policy });
    return matches?.nodes.find((each) => each.model === match.model && each.state === match.state) ?? null;
  } catch (error) {
    if (error instanceof AskError) return null;
    throw error;
  }
}

function panel(match, { factors, curations, who }, problems, asked) {
  const unit = match.matchLevel;
  const tested = match.p !== null;
  const close = { ...read(), match: "" };
  const inside = el("nav", { class: "contents", "aria-label": "Parts of this verdict" });
  const whole = el(
    "section",
    { id: "detail", "aria-labelledby": "detail-head", "data-match": match.curie },
    el(
      "header",
      { class: "detailhead" },
      el("div", { class: "line" }, pill(match.status), tested && reportButton(question(match)), el("a", { class: "quiet close", href: href(close) }, "Close")),
      el("h2", { id: "detail-head", tabindex: "-1" }, match.modelLabel, el("span", { class: "against" }, " × "), match.humanLabel),
      match.sentence && el("p", { class: "lead plain" }, match.sentence),
      el("p", { class: "lead" }, verdict(match)),
      match.statusLine.includes("; ") && el("p", { class: "lead" }, sentence(match.statusLine.split("; ").slice(1).join("; "))),
      el("p", { class: "nulls" }, `Noise: model from ${match.null.model}; human from ${match.null.human}.`, sides(match)),
    ),
    inside,
    problems.map((problem) => el("p", { class: "problem" }, `Part of this cannot be shown: ${problem.message}`)),
    tiles(match),
    match.flags.length > 0 && el("ul", { class: "flags", "aria-label": "Doubts" }, match.flags.map((flag) => el("li", {}, flag))),
    match.engineered.length > 0 && el("p", { class: "note" }, `Left out, because the model engineers them: ${match.engineered.join(", ")}.`),
    tested && match.explain && el("div", { class: "pair" }, scatter(match, unit), nullPlot(match)),
    !match.explain && el("p", { class: "note" }, "No vectors to draw: ", sentence(match.reason)),
    match.cohorts.length > 0 && cohortsTable(match),
    tested && (match.given.length ? givenTable(match) : el("p", { class: "note" }, "Specificity: untested. No other state of this tissue is available.")),
    tested && togetherNote(match),
    tested && match.modelGiven.length > 0 && modelsTable(match),
    tested && changesTable(match),
    factors && factorsTable(match, factors),
    el("div", { class: "pair even" }, match.policyBand.length > 0 && bandTable(match), match.references.length > 0 && referencesTable(match)),
    evidenceTable(match),
    match.withheld.length > 0 && gaps([], match.withheld),
    curated(match.curie, curations, who, () => curationsOf(match, askAgain)),
    made(match, asked),
  );
  contents(inside, whole);
  return whole;
}

/** The ways to the pages of both sides, where the graph has them. */
function sides(match) {
  const held = [match.modelContrast, match.humanContrast].filter(Boolean);
  if (!held.length) return null;
  return [" What was compared: ", held.map((each, at) => [at ? ", " : "", el("a", { href: href({ view: "contrast", id: each.curie }) }, each.label)]), "."];
}

/** What the report of a match is asked by. */
function question(match) {
  const named = { match: match.curie };
  const model = match.modelContrast?.model?.curie;
  if (model) Object.assign(named, { model, level: match.matchLevel, policy: match.orthology });
  if (model && match.askedUnder) named.disease = match.askedUnder;
  return named;
}

/** The verdict in a sentence, with p and what it was tested against. */
function verdict(match) {
  const what = sentence(match.reason);
  const r = `r ${score(match.score)}` + (match.interval ? ` (95% ${score(match.interval.low)} to ${score(match.interval.high)})` : "");
  if (match.p === null) {
    const hint = match.exploratoryP === null ? "" : ` An exploratory one-sided p is ${chance(match.exploratoryP)}, given one side; it is not a verdict.`;
    return `${what} ${r}, shown without a p.${hint}`;
  }
  const size = match.familySize === 1 ? "a family of 1" : `a family of ${match.familySize}`;
  return `${what} ${r}; joint p ${chance(match.p)}, q ${chance(match.q)} in ${size}, ${match.matchLevel} level, ${match.orthology} orthologs.${match.otherFamilies.map((each) => ` ${sentence(each)}`).join("")}`;
}

/** Each number with what it is in one line, and what is particular here. */
function tiles(match) {
  const axes = match.axesOut;
  const weak = match.correctedScore === null && match.ceiling !== null;
  const shown = [
    ["r", MEANINGS["r (score)"], score(match.score), match.interval ? `95% ${score(match.interval.low)} to ${score(match.interval.high)}` : "no interval"],
    ["p", MEANINGS.p, chance(match.p)],
    ["q", MEANINGS.q, chance(match.q), `of ${match.familySize} in its family`],
    ["ceiling", MEANINGS.ceiling, score(match.ceiling)],
    ["corrected r", MEANINGS["corrected r"], weak ? "not measurable" : score(match.correctedScore)],
    ["axes out", MEANINGS["axes out"], axes ? score(axes.score) : "–", axes ? `${axes.axes} axes out; p ${chance(axes.p)}` : "no other samples to learn axes from"],
    ["features", MEANINGS.features, count(match.nFeatures), match.effectiveN === null ? "" : `worth ${count(match.effectiveN)} independent ones`],
    ["naive p", MEANINGS["naive p"], chance(match.naiveP)],
  ];
  return el("dl", { class: "tiles" }, shown.map(([name, meaning, value, note]) =>
    el("div", { class: name === "naive p" ? "tile naive" : "tile" }, el("dt", {}, name), el("dd", { class: "value" }, value), note && el("dd", { class: "about" }, note), el("dd", { class: "about" }, meaning))));
}
