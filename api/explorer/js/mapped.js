/** A study mapped to an atlas: its cells over those of the atlas, uncertain ones marked, and its populations. */

import { go, href, read } from "./address.js";
import { el } from "./dom.js";
import { count, many, score } from "./format.js";
import { FAINT, figure, INK, literal } from "./plot.js";
import { table } from "./table.js";

/** Okabe and Ito's colours, each with a shape; the eighth is for all other types. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6bb1"];
const OTHER = "#6b7680";
const SHAPES = ["circle", "diamond", "square", "triangle-up", "triangle-down", "star", "hexagon"];
const ATLAS = "#d3d9de";

/** In display order. `sign`: in the plot; `mark`: next to the words. */
const OUTCOMES = {
  type: { name: "one type", mark: "●", means: "its prediction set holds one type" },
  ancestor: { name: "ancestor", mark: "◐", means: "the types in its set share one node of the tree, which names it" },
  ambiguous: { name: "ambiguous", mark: "○", sign: "circle-open", means: "the types in its set share no node, or the set is empty; some known cells are missed, so this is no evidence of a new type" },
  unknown: { name: "unknown", mark: "✕", sign: "x-thin-open", means: "it lies outside the reference, together with its neighbours in the study: no type of the atlas fits" },
  low_quality: { name: "low quality", mark: "+", sign: "cross-thin-open", means: "excluded by the policy's filters, or too few genes of the space detected" },
};
const ORDER = Object.keys(OUTCOMES);
const isSure = (outcome) => outcome === "type" || outcome === "ancestor";

export function mapped(told, picture, state) {
  const populations = told.populations ?? [];
  const said = told.summary ?? [];
  return [
    said.length > 0 && el("section", { class: "block" }, el("h2", {}, "Results"),
      el("p", { class: "lead" }, said[0]),
      el("ul", { class: said.some((line) => /PROVISIONAL|UNKNOWN|far|not testable/.test(line)) ? "flags" : "lines" }, said.slice(1).map((line) => el("li", {}, line)))),
    outcomes(populations),
    cells(picture, state),
    table({
      name: "populations", title: many(populations.length, "population"), level: "h2",
      note: "Mean P: probability of the label, or of the nearest type if there is none.",
      columns: [
        { head: "outcome", value: (p) => p.outcome, show: (p) => outcome(p.outcome), tight: true },
        { head: "label", value: (p) => p.label, main: true },
        { head: "Cell Ontology", value: (p) => p.cl, show: (p) => p.cl && el("a", { href: href({ view: "celltype", id: p.cl }) }, p.cl), tight: true },
        { head: "cells", value: (p) => p.cells, show: (p) => count(p.cells), number: true },
        { head: "donors", value: (p) => p.donors, show: (p) => count(p.donors), number: true },
        { head: "of controls", value: (p) => p.controls, show: (p) => count(p.controls), number: true },
        { head: "mean P", value: (p) => p.probability, show: (p) => score(p.probability), number: true },
        { head: "most are, in the study's words", value: (p) => p.given, wide: true },
      ],
      rows: populations,
    }),
  ];
}

const outcome = (name) => el("span", {}, el("span", { "aria-hidden": "true" }, `${OUTCOMES[name]?.mark ?? ""} `), OUTCOMES[name]?.name ?? name);

/** Number of cells with each outcome. */
function outcomes(populations) {
  const of = (name) => populations.filter((each) => each.outcome === name).reduce((sum, each) => sum + each.cells, 0);
  const total = populations.reduce((sum, each) => sum + each.cells, 0);
  return el("dl", { class: "tiles outcomes", "aria-label": "Cells by outcome" },
    ORDER.map((name) =>
      el("div", { class: "tile", "data-outcome": name },
        el("dt", {}, outcome(name)),
        el("dd", {}, el("span", { class: "value" }, count(of(name))), ` ${total ? score((100 * of(name)) / total, 0) : 0} %`),
        el("dd", { class: "about" }, OUTCOMES[name].means))));
}

function cells(picture, state) {
  const { atlas, cells: query } = picture;
  const sizes = new Map();
  for (const name of query.nearest) if (name) sizes.set(name, (sizes.get(name) ?? 0) + 1);
  const names = [...sizes.keys()].sort((a, b) => sizes.get(b) - sizes.get(a) || (a < b ? -1 : 1)).slice(0, COLOURS.length);
  const rest = sizes.size > names.length;
  const uncertainOnly = state.show === "uncertain";
  const places = [...query.x.keys()];
  const hover = (at) => {
    const p = query.probability[at];
    const what = isSure(query.outcome[at]) ? query.label[at] : `${OUTCOMES[query.outcome[at]]?.name ?? query.outcome[at]}; nearest ${query.nearest[at] || "–"}`;
    return `<b>${literal(what)}</b>${p === null ? "" : `<br>P ${score(p)}`}`;
  };
  const trace = (name, at, marker) => ({
    type: "scatter", mode: "markers", name: literal(name), x: at.map((i) => query.x[i]), y: at.map((i) => query.y[i]),
    text: at.map(hover), hovertemplate: "%{text}<extra></extra>", marker,
  });
  const sure = (name, k) => trace(name, places.filter((i) => isSure(query.outcome[i]) && (k < 0 ? !names.includes(query.nearest[i]) : query.nearest[i] === name)),
    { color: COLOURS[k] ?? OTHER, symbol: SHAPES[k] ?? "pentagon", size: 6, opacity: uncertainOnly ? 0.15 : 0.85, line: { width: 0 } });
  const doubtful = ORDER.filter((name) => !isSure(name)).map((name) =>
    trace(OUTCOMES[name].name, places.filter((i) => query.outcome[i] === name), { color: INK, symbol: OUTCOMES[name].sign, size: 8, line: { width: 1.4, color: INK } }));
  const unsure = places.filter((i) => !isSure(query.outcome[i])).length;
  const toldOf =
    `${count(places.length)} of ${count(picture.study_cells)} cells of the study, drawn over ${count(atlas.x.length)} of ${count(picture.atlas_cells)} cells of the atlas (grey). ` +
    `Colour and shape: the study's cells by nearest type. Black open signs: the ${count(unsure)} that are ambiguous, unknown or of low quality. Axes: the two along which the means of the types differ most.`;
  const draw = () => [
    [
      { type: "scatter", mode: "markers", name: "the atlas", x: atlas.x, y: atlas.y, text: atlas.type.map((label) => `atlas: ${literal(label)}`), hovertemplate: "%{text}<extra></extra>", marker: { color: ATLAS, size: 4, line: { width: 0 } } },
      ...names.map(sure), ...(rest ? [sure("other types", -1)] : []), ...doubtful.filter((each) => each.x.length),
    ],
    { margin: { l: 24, r: 14, t: 8, b: 30 }, showlegend: true, legend: { orientation: "h", y: -0.08, font: { size: 11 } }, xaxis: axis, yaxis: axis },
  ];
  const choose = el("div", { class: "field short" }, el("label", { for: "shown" }, "Highlight"),
    el("select", { id: "shown", on: { change: (event) => go({ ...read(), show: event.target.value }, { replace: true }) } },
      [["", "all cells"], ["uncertain", "uncertain cells"]].map(([value, name]) => el("option", { value, selected: (state.show ?? "") === value }, name))));
  return figure({ title: "The cells on their atlas", told: toldOf, draw, height: 520, level: "h2", after: [choose] });
}

const axis = { showgrid: false, zeroline: false, showticklabels: false, linecolor: "#c5ced6", showline: true, title: { font: { color: FAINT } } };
