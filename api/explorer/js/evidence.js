/** What stands behind one match: its cohorts, other states, policies, references, datasets, and what curators said. */

import { el } from "./dom.js";
import { chance, count, score } from "./format.js";
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
    note: "Filled: in the pool. Open: scored beside it, with the reason. Diamond: the pool, with its 95% interval.",
    columns: [
      { head: "cohort", value: (c) => c.label, main: true },
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

export function givenTable(match) {
  const rows = [...match.given].sort((a, b) => b.p - a.p);
  return table({
    name: "what is left given each other state",
    title: "Is it this disease? What is left given each other state",
    note: "Filled: r that is left once the other state is taken out. Open: r before. What is not left at .05 is not told apart.",
    columns: [
      { head: "other state", value: (g) => g.label, show: (g) => [g.label, g.note && el("span", { class: "sub" }, g.note)], main: true },
      drawn((g) => strip([{ value: g.baseScore, kind: "open faint" }, { value: g.score, kind: g.left ? "full" : "gone" }])),
      number("left: r", (g) => g.score, score),
      number("left: p", (g) => g.p, chance),
      { head: "told apart", value: (g) => (g.left ? "yes" : "no"), show: (g) => el("span", { class: g.left ? "yes" : "no" }, g.left ? "● yes" : "○ no") },
      number("r with it", (g) => g.otherScore, score),
      number("its p", (g) => g.otherP, chance),
      number("it given this: r", (g) => g.backScore, score),
      number("p", (g) => g.backP, chance),
      number("features", (g) => g.nFeatures, count),
    ],
    rows,
  });
}

export const bandTable = (match) =>
  table({
    name: "orthology policies",
    title: "Under each orthology policy",
    columns: [
      { head: "policy", value: (b) => b.policy, main: true },
      drawn((b) => strip([{ value: b.score, kind: b.policy === match.policy ? "full" : "open" }])),
      number("r", (b) => b.score, score),
      number("p", (b) => b.p, chance),
      { head: "status", value: (b) => b.status },
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
      { head: "side", value: (e) => e.side },
      { head: "contrast", value: (e) => e.label, main: true },
      { head: "dataset", value: (e) => e.title, wide: true },
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

/** A DOI as a link; anything else as text. */
const doi = (text) =>
  /^10\.\d{4,9}\/[\w.()/:;-]+$/.test(text ?? "") ? el("a", { href: `https://doi.org/${text}`, rel: "noopener noreferrer", target: "_blank" }, text) : text;

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
