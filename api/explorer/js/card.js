/** The card of a version of an atlas: its contents, its reliability and its limitations. */

import { href } from "./address.js";
import { el } from "./dom.js";
import { count, many, score } from "./format.js";
import { AXIS, figure, FAINT } from "./plot.js";
import { table } from "./table.js";

const number = (head, value, show = count) => ({ head, value, show: (row) => show(value(row)), number: true });
const donors = (n) => (n ? count(n) : "not known");
const doi = (text) => text && el("a", { href: `https://doi.org/${encodeURI(text)}`, rel: "noreferrer" }, `doi ${text}`);

/** `c`: of the version. */
export const card = (version, c) => [
  el("section", { class: "block" }, el("h2", {}, "Mapping engine"), facts([
    ["engine", [`${c.engine.name} ${c.engine.version} `, doi(c.engine.doi)]],
    ["classifier head", c.head],
    ["chosen by", c.engine.chosenBy],
    ["preprocessing of every study and query", c.policy],
    ["prediction sets contain the type of", `${score(100 * (1 - c.alpha), 0)} % of held-out cells (target)`],
    ["content id", el("span", { class: "id" }, version.contentId)],
  ])),
  warnings("Ruled out by too few donors", c.forbidden),
  warnings("Limits", c.limits),
  c.reliability.some((bin) => bin.cells) && reliability(c),
  coverage(c),
  types(c),
  studies(c),
  c.measures.length > 0 && measures(c),
  c.confusion.length > 0 && confusion(c),
  el("section", { class: "block" }, el("h2", {}, "Citation and contributors"), facts([
    ["cite", c.cite],
    ["licences", c.licences.join(", ")],
    ["version by", person({ name: version.author, orcid: version.orcid })],
    ...c.contributors.map((each) => [each.role || "contributor", person(each)]),
  ])),
];

const facts = (pairs) => el("dl", { class: "facts plain" }, pairs.filter(([, value]) => value).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));

const person = ({ name, orcid }) => [name, orcid && [", ORCID ", el("a", { href: `https://orcid.org/${encodeURI(orcid)}`, rel: "noreferrer" }, orcid)]];

const warnings = (title, lines) =>
  lines.length > 0 && el("section", { class: "block" }, el("h2", {}, title), el("ul", { class: "flags" }, lines.map((line) => el("li", {}, line))));

/** Predicted probability against the share correct, on held-out donors; a bin without cells has no point. */
function reliability(c) {
  const bins = c.reliability.filter((bin) => bin.cells && bin.said !== null && bin.observed !== null);
  const most = Math.max(...bins.map((bin) => bin.cells));
  const draw = () => [
    [
      { type: "scatter", mode: "lines", x: [0, 1], y: [0, 1], line: { color: FAINT, dash: "dot", width: 1.2 }, hoverinfo: "skip" },
      {
        type: "scatter", mode: "lines+markers", x: bins.map((b) => b.said), y: bins.map((b) => b.observed), line: { color: "#0072b2", width: 1.5 },
        marker: { color: "#0072b2", size: bins.map((b) => 6 + 12 * Math.sqrt(b.cells / most)), opacity: 0.9 },
        text: bins.map((b) => `said ${score(b.said)}, right ${score(b.observed)}<br>${count(b.cells)} cells`), hovertemplate: "%{text}<extra></extra>",
      },
    ],
    {
      margin: { l: 52, r: 14, t: 8, b: 46 },
      xaxis: { ...AXIS, range: [0, 1.03], title: { text: "mean predicted probability", font: { color: FAINT, size: 12 } } },
      yaxis: { ...AXIS, range: [0, 1.03], title: { text: "share correct", font: { color: FAINT, size: 12 } } },
    },
  ];
  const rows = table({
    name: "reliability", caption: "Reliability by bins of probability", level: "h4",
    columns: [
      { head: "probability", value: (b) => `${b.low} to ${b.high}`, show: (b) => `${score(b.low)} to ${score(b.high)}`, main: true },
      number("predicted", (b) => b.said, score), number("correct", (b) => b.observed, score), number("cells", (b) => b.cells),
    ],
    rows: c.reliability,
  });
  return figure({
    title: "Reliability on held-out donors", level: "h2", height: 360, draw,
    told: `${many(bins.reduce((sum, b) => sum + b.cells, 0), "held-out cell")}, by the probability of their label: on the dotted line, predicted and observed shares are equal. Larger points stand for more cells.`,
    after: [el("details", {}, el("summary", {}, "The numbers"), rows)],
  });
}

const coverage = (c) =>
  table({
    name: "coverage", title: "Coverage of the prediction sets", level: "h2",
    note: `Share of held-out cells whose type is in their set; ${score(1 - c.alpha)} is asked for. "–": not measured.`,
    columns: [
      { head: "of", value: (v) => v.of, tight: true }, { head: "which", value: (v) => v.label, main: true },
      { head: "coverage", value: (v) => v.coverage, show: (v) => el("span", { class: v.coverage !== null && v.coverage < 1 - c.alpha - 0.05 ? "no" : null }, v.coverage === null ? "–" : score(v.coverage)), number: true },
      number("cells", (v) => v.cells), number("donors", (v) => v.donors, donors),
    ],
    rows: c.coverage,
  });

const types = (c) =>
  table({
    name: "types", title: many(c.types.length, "type"), level: "h2",
    columns: [
      { head: "type", value: (t) => t.label, main: true },
      { head: "Cell Ontology", value: (t) => t.cl, show: (t) => t.cl && el("a", { href: href({ view: "celltype", id: t.cl }) }, t.cl), tight: true },
      number("donors", (t) => t.donors, donors), number("cells", (t) => t.cells),
      number("threshold of its set", (t) => t.limit, score),
      { head: "provisional", value: (t) => t.provisional, wide: true },
    ],
    rows: c.types,
  });

const studies = (c) =>
  table({
    name: "studies", title: many(c.studies.length, "study", "studies"), level: "h2",
    columns: [
      { head: "study", value: (s) => s.title, show: (s) => [s.title, el("span", { class: "sub" }, s.dataset)], main: true },
      number("donors", (s) => s.donors, donors), number("cells", (s) => s.cells), number("types", (s) => s.types),
      { head: "licence", value: (s) => s.licence, show: (s) => (s.redistribute ? s.licence : `${s.licence}; its cells may not be passed on`), wide: true },
      { head: "cite", value: (s) => [s.citation, s.doi].filter(Boolean).join(", doi "), show: (s) => [s.citation, s.doi && ", ", doi(s.doi)], wide: true },
      { head: "note", value: (s) => s.note, wide: true },
    ],
    rows: c.studies,
  });

const measures = (c) =>
  table({
    name: "measures", title: "Measured", level: "h2",
    columns: [
      { head: "measure", value: (m) => m.name, main: true }, number("value", (m) => m.value, (v) => score(v, 3)),
      number("lowest", (m) => m.lowest, (v) => score(v, 3)), number("highest", (m) => m.highest, (v) => score(v, 3)),
      { head: "on", value: (m) => m.of, wide: true },
    ],
    rows: c.measures,
  });

const confusion = (c) =>
  table({
    name: "confusion", title: "Confusion of sister types", level: "h2", note: "Held-out cells of a type that were assigned to its sister.",
    columns: [
      { head: "type", value: (x) => x.type, main: true }, { head: "assigned to", value: (x) => x.called },
      number("share", (x) => x.share, score), number("cells", (x) => x.cells),
    ],
    rows: c.confusion,
  });
