/** What stands behind one match: its cohorts, other states, policies, references, datasets, and what curators said. */

import { href } from "./address.js";
import { el } from "./dom.js";
import { chance, count, score } from "./format.js";
import { doi } from "./out.js";
import { axis, strip } from "./strip.js";
import { table } from "./table.js";

const number = (head, pick, show) => ({ head, value: pick, show: (row) => show(pick(row)), number: true });
const drawn = (show) => ({ head: "r from −1 to 1", axis, show, drawn: true });

export function cohortsTable(match) {
  const pool = { label: "Pooled: the verdict", score: match.score, p: match.p, status: "", null: match.null.human, pool: true, interval: match.interval };
  const kind = (row) => (row.pool ? "pool" : row.status === "pooled" ? "full" : "open");
  return table({
    name: "cohorts",
    title: "Cohorts one by one",
    caption: "Human cohorts one by one, and their pool",
    note: "Filled: in the pool. Open: scored separately, with the reason. Diamond: the pool, with its 95% interval.",
    columns: [
      { head: "cohort", value: (c) => c.label, show: (c) => thing("contrast", c.contrast, c.label), main: true },
      { head: "region", value: (c) => c.region ?? "" },
      number("case", (c) => c.nCase || null, count),
      number("control", (c) => c.nControl || null, count),
      drawn((c) => strip([{ value: c.score, low: c.interval?.low, high: c.interval?.high, kind: kind(c) }])),
      number("r", (c) => c.score, score),
      number("p", (c) => c.p, chance),
      { head: "noise from", value: (c) => c.null, show: (c) => c.null.split(" (")[0] },
      { head: "in the pool", value: (c) => c.status, wide: true },
      { head: "licence", value: (c) => c.licence ?? "", wide: true },
    ],
    rows: [...match.cohorts, pool],
  });
}

/** What another state does in a match, in words. */
export function roleOf(g) {
  const told = [g.role];
  if (g.role === "not told apart") told.push(g.explained ? "explained by it as far as can be seen" : "cannot be told apart");
  if (g.opposite && takesPart(g)) told.push("moves the other way along the same axis");
  return told.length > 1 ? `${told[0]}: ${told.slice(1).join("; ")}` : told[0];
}

/** Only a state that takes part can explain a match. */
export const takesPart = (g) => g.role === "left" || g.role === "not told apart";

const KIND = { left: "full", "not told apart": "gone" };

const givenRows = (rows, name, title, note) =>
  table({
    name,
    title,
    note,
    columns: [
      { head: "other", value: (g) => g.label, show: (g) => [g.label, g.note && el("span", { class: "sub" }, g.note)], main: true },
      { head: "role", value: roleOf, show: (g) => el("span", { class: takesPart(g) ? (g.left ? "yes" : "no") : "" }, roleOf(g)), wide: true },
      drawn((g) => (g.score === null ? "" : strip([{ value: g.baseScore, kind: "open faint" }, { value: g.score, low: g.low, high: g.high, kind: KIND[g.role] ?? "open" }]))),
      number("left: r", (g) => g.score, score),
      { head: "95%", value: (g) => (g.low === null ? "" : `${score(g.low)}\u00a0to\u00a0${score(g.high)}`) },
      number("left: p", (g) => g.p, chance),
      number("model: r", (g) => g.otherScore, score),
      number("p", (g) => g.otherP, chance),
      number("human: r", (g) => g.humanScore, score),
      number("p ", (g) => g.humanP, chance),
      number("reliab.", (g) => g.reliability, score),
      number("power", (g) => g.power, score),
    ],
    rows,
  });

export const givenTable = (match) =>
  givenRows(
    match.given,
    "other states in the match",
    "Is it this disease? Each other state by itself",
    "A state takes part if it matches both sides. Filled: r that remains given it. Open: r before. Power: the probability that a state which carried the whole match would have been found to take part.",
  );

export const modelsTable = (match) =>
  givenRows(
    match.modelGiven,
    "models of other diseases in the match",
    "Is it this model? Each model of another disease by itself",
    "Does the model change like any diseased animal? This is added to the verdict in words and does not change the status.",
  );

/** What all states that take part leave together: shown, and decides nothing. */
export function togetherNote(match) {
  const all = match.allGiven;
  if (!all) return null;
  const percent = (value) => `${Math.round(value * 100)}%`;
  const out = all.leftOut.length ? ` Not told from these, so left out: ${all.leftOut.join(", ")}.` : "";
  return el("p", { class: "note" }, `Given ${all.states.join(", ")} together, ${percent(all.share)} of T is left (95% ${percent(all.low)} to ${percent(all.high)}). This decides nothing; a direction that they lack to .6 of its length leaves 36%.${out}`);
}

export const bandTable = (match) =>
  table({
    name: "orthology policies",
    title: "Under each orthology policy",
    columns: [
      { head: "policy", value: (b) => b.orthology, main: true },
      drawn((b) => strip([{ value: b.score, kind: b.orthology === match.orthology ? "full" : "open" }])),
      number("r", (b) => b.score, score),
      number("p", (b) => b.p, chance),
      { head: "status", value: (b) => b.matchStatus },
    ],
    rows: match.policyBand,
  });

export const referencesTable = (match) =>
  table({
    name: "noise references",
    title: "Under another reference's noise",
    columns: [
      { head: "reference", value: (r) => r.label, main: true },
      number("p", (r) => r.p, chance),
    ],
    rows: match.references,
  });

export function evidenceTable(match) {
  const rows = match.explain?.evidence ?? [];
  if (!rows.length) return null;
  return table({
    name: "datasets",
    title: "Datasets and licences",
    columns: [
      { head: "side", value: (e) => e.ofSide },
      { head: "contrast", value: (e) => e.label, show: (e) => thing("contrast", e.contrast, e.label), main: true },
      { head: "dataset", value: (e) => e.title, show: (e) => thing("dataset", e.dataset, e.title), wide: true },
      number("case", (e) => e.nCase || null, count),
      number("control", (e) => e.nControl || null, count),
      { head: "noise", value: (e) => e.noise },
      number("df", (e) => e.df || null, count),
      { head: "licence", value: (e) => e.licence, wide: true },
      { head: "DOI", value: (e) => e.doi, show: (e) => doi(e.doi) },
    ],
    rows,
  });
}

/** A name with the way to its page; what the graph does not hold has none. */
const thing = (view, id, name) => (id ? el("a", { href: href({ view, id }) }, name || id) : name);

const said = (c) =>
  el(
    "li",
    {},
    el("b", {}, `${c.verdict} (${c.state})`),
    `: ${c.why}`,
    c.about.includes(" ") && el("span", { class: "sub" }, c.about),
    el("span", { class: "sub" }, `${c.who}, ${c.when.slice(0, 10)}`, c.reviewer && `; reviewed by ${c.reviewer}${c.reviewWhy ? `: ${c.reviewWhy}` : ""}`, c.note && `. ${c.note}`),
  );

/** Beside what was computed, and no part of it. `told`: the curations, or why they are not there. */
export function curationsList(told, level = "h3") {
  const none = told.why ?? "No curator has judged this match yet.";
  return el(
    "section",
    { class: "block" },
    el("div", { class: "blockhead" }, el(level, {}, "What curators said")),
    told.found.length ? el("ul", { class: "curations" }, told.found.map(said)) : el("p", { class: "note" }, none),
  );
}
