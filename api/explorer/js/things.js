/** Pages of one gene, cell type, model or drug. */

import { href } from "./address.js";
import { ask, AskError } from "./ask.js";
import { SPECIES } from "./declared.js";
import { CELL_TYPE, DRUG, GENE, MODEL } from "./documents.js";
import { el } from "./dom.js";
import { curationsList } from "./evidence.js";
import { chance, count, many, score } from "./format.js";
import { gaps } from "./gaps.js";
import { table } from "./table.js";

const species = (taxon) => SPECIES[taxon] ?? taxon;
const link = (view, thing, name) => el("a", { href: href({ view, id: thing.curie }) }, name);
const number = (head, value, show) => ({ head, value, show: (row) => show(value(row)), number: true });

/** Said wherever a contrast stands whose test took cells as replicates. */
const cellLevel = (yes) => yes && el("span", { class: "sub" }, "cell-level test: cells are not replicates, so its p-values are far too small");

const facts = (pairs) =>
  el("dl", { class: "facts" }, pairs.filter(([, value]) => value && value.length !== 0).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, Array.isArray(value) ? value.join(", ") : value))));

/** Names with links between commas. */
const names = (nodes) => el("span", {}, nodes.map((node, at) => [at ? ", " : "", node]));

const cut = (connection) => (connection.totalCount > connection.nodes.length ? `The first ${connection.nodes.length} of ${count(connection.totalCount)} are shown.` : null);

function contrastTable(connection, title) {
  if (!connection.nodes.length) return el("section", { class: "block" }, el("h2", {}, title), el("p", { class: "note" }, "No contrast in the graph was measured in it."));
  return table({
    name: title, title, level: "h2", note: cut(connection),
    columns: [
      { head: "contrast", value: (c) => c.label, show: (c) => [c.label, cellLevel(c.replicate === "cell")], main: true },
      { head: "species", value: (c) => species(c.taxon) },
      { head: "of", value: (c) => c.model?.label ?? c.state?.label ?? c.kind, show: of, wide: true },
      { head: "material", value: (c) => c.material },
      number("case", (c) => c.nCase || null, count),
      number("control", (c) => c.nControl || null, count),
      { head: "noise from", value: (c) => c.noise },
    ],
    rows: connection.nodes,
  });
}

/** What a contrast is of, with the way to its verdicts. */
function of(contrast) {
  if (contrast.model) return el("a", { href: href({ model: contrast.model.label }) }, `verdicts of ${contrast.model.label}`);
  if (contrast.state) return contrast.state.disease ? el("a", { href: href({ disease: contrast.state.disease.curie }) }, contrast.state.label) : contrast.state.label;
  return contrast.kind;
}

/** What was said of the mappings that it is an end of. */
const judged = (thing) => thing.curations.length > 0 && curationsList({ found: thing.curations }, "h2");

const change = (c) => [
  c.contrast.model ? el("a", { href: href({ model: c.contrast.model.label }) }, c.contrast.label) : c.contrast.label,
  cellLevel(c.contrast.replicate === "cell"),
];

const gene = (g) => [
  facts([["symbol", g.symbol], ["id", g.curie], ["species", g.species?.label ?? species(g.taxon)], ["biotype", g.biotype]]),
  g.leads.nodes.length
    ? table({
        name: `matches that ${g.symbol} leads`, title: `${many(g.leads.totalCount, "match", "matches")} that it leads`, level: "h2",
        note: "Verdicts in which it changes alike on both sides at FDR .05, among the most certain changes that are stored.",
        columns: [
          { head: "model", value: (l) => l.match.modelContrast?.label ?? "", show: (l) => el("a", { href: href({ match: l.match.curie, model: l.match.modelContrast?.model?.label, disease: l.match.askedUnder }) }, l.match.modelContrast?.label ?? l.match.curie), main: true },
          { head: "human", value: (l) => l.match.humanContrast?.label ?? "", wide: true },
          { head: "verdict", value: (l) => l.match.status },
          { head: "direction", value: (l) => l.direction, show: (l) => el("span", { class: `way ${l.direction}` }, l.direction === "up" ? "▲ up" : "▼ down") },
          number("model z", (l) => l.zModel, score), number("human z", (l) => l.zHuman, score), number("q", (l) => l.q, chance),
        ],
        rows: g.leads.nodes,
      })
    : el("section", { class: "block" }, el("h2", {}, "Matches that it leads"), el("p", { class: "note" }, g.taxon === "NCBITaxon:9606" ? "It leads no stored match: it does not change alike on both sides in any." : "Matches are led by human genes: open its ortholog.")),
  g.orthologs.nodes.length
    ? table({
        name: `orthologs of ${g.symbol}`, title: many(g.orthologs.totalCount, "ortholog row"), level: "h2", note: "One row per source.",
        columns: [
          { head: "gene", value: (o) => o.gene.symbol, show: (o) => link("gene", o.gene, o.gene.symbol || o.gene.curie), main: true },
          { head: "species", value: (o) => species(o.gene.taxon) },
          { head: "id", value: (o) => o.gene.curie, show: (o) => el("span", { class: "id" }, o.gene.curie) },
          { head: "kind", value: (o) => o.cardinality },
          number("confidence", (o) => o.confidence, (v) => (v === null ? "–" : String(v))),
          number("% identity", (o) => o.identity, (v) => (v === null ? "–" : score(v, 1))),
          { head: "source", value: (o) => `${o.source} ${o.version}`, wide: true },
        ],
        rows: g.orthologs.nodes,
      })
    : el("p", { class: "note" }, "No source available gives an ortholog."),
  g.changes.nodes.length
    ? table({
        name: `contrasts that change ${g.symbol}`, title: `${many(g.changes.totalCount, "contrast")} that change it`, level: "h2", note: cut(g.changes),
        columns: [
          { head: "contrast", value: (c) => c.contrast.label, show: change, main: true },
          { head: "species", value: (c) => species(c.contrast.taxon) },
          number("log2 fold change", (c) => c.effect, score), number("moderated effect", (c) => c.moderated, score),
          number("p", (c) => c.p, chance), number("FDR", (c) => c.fdr, chance),
          { head: "noise from", value: (c) => c.contrast.noise },
        ],
        rows: g.changes.nodes,
      })
    : el("section", { class: "block" }, el("h2", {}, "Contrasts that change it"), el("p", { class: "note" }, "It passes the threshold of no contrast in the graph.")),
  el("section", { class: "block" }, el("h2", {}, many(g.regulons.totalCount, "regulon")), el("p", {}, g.regulons.nodes.map((r) => r.label).join(", ") || "It is a target of none."), cut(g.regulons) && el("p", { class: "note" }, cut(g.regulons))),
  judged(g),
  gaps(g.orthologs.missing, []),
];

const cellType = (c) => [
  facts([["id", c.curie], ["definition", c.definition], ["synonyms", c.synonyms], ["is a", names(c.parents.nodes.map((p) => link("celltype", p, p.label)))],
    ["kinds of it", c.children.nodes.length ? names(c.children.nodes.map((p) => link("celltype", p, p.label))) : ""], ["ontology", c.version]]),
  contrastTable(c.contrasts, "Contrasts measured in it"),
  judged(c),
  gaps(c.contrasts.missing, []),
];

const model = (m) => [
  facts([["id", m.curie], ["models", m.diseases.nodes.map((d) => d.label)], ["strain", m.strain], ["genotype", m.genotype], ["control", m.control], ["form", m.form],
    ["centre", m.centre], ["engineered genes", m.engineeredGenes]]),
  m.contrasts.nodes.length > 0 && el("p", {}, el("a", { href: href({ model: m.label }) }, `Which human states does ${m.label} match?`)),
  contrastTable(m.contrasts, "Contrasts measured in it"),
  judged(m),
  gaps(m.contrasts.missing, []),
];

const drug = (d) => [
  facts([["id", d.curie], ["phase", d.clinicalPhase], ["mechanism", d.moa], ["indication", d.indication],
    ["targets", d.targets.nodes.length ? names(d.targets.nodes.map((g) => link("gene", g, g.symbol || g.curie))) : ""]]),
  d.conditions.nodes.some((c) => c.contrasts.nodes.length) && el("p", {}, el("a", { href: href({ view: "mimics", drug: d.label }) }, `Which states and models does ${d.label} mimic or reverse?`)),
  d.conditions.nodes.length
    ? table({
        name: `conditions of ${d.label}`, title: many(d.conditions.totalCount, "measured condition"), level: "h2", note: cut(d.conditions),
        columns: [
          { head: "condition", value: (c) => c.label, main: true },
          { head: "dose", value: (c) => (c.dose === null ? "" : `${c.dose} ${c.doseUnit}`) },
          number("hours", (c) => c.timeHours, (v) => (v === null ? "–" : String(v))),
          { head: "system", value: (c) => c.system },
          { head: "contrasts", value: (c) => c.contrasts.nodes.map((k) => k.label).join("; "), wide: true },
        ],
        rows: d.conditions.nodes,
      })
    : el("section", { class: "block" }, el("h2", {}, "Measured conditions"), el("p", { class: "note" }, "No condition of this drug is in the graph: only its targets are known.")),
  gaps(d.conditions.missing, []),
];

const page = (document, field, name, draw) => ({
  title: (state) => `${name} ${state.id ?? ""}`,
  async view(root, state, before, still) {
    root.replaceChildren(el("p", { class: "wait", "aria-busy": "true" }, "Asking…"));
    const data = await ask(document, { id: state.id ?? "" });
    if (!still()) return;
    const found = data[field];
    if (!found) throw data.problems[0] ?? new AskError(`There is no ${name.toLowerCase()} ${state.id}.`, "UNKNOWN_TERM");
    root.replaceChildren(
      el("div", { class: "question" }, el("p", { class: "sub" }, el("a", { href: href({ view: "search" }) }, "Search"), ` / ${name}`), el("h1", {}, found.symbol || found.label || found.curie)),
      el("div", { class: "stack" }, draw(found)),
    );
  },
});

export const genes = page(GENE, "gene", "Gene", gene);
export const cellTypes = page(CELL_TYPE, "cellType", "Cell type", cellType);
export const models = page(MODEL, "diseaseModel", "Model", model);
export const drugs = page(DRUG, "drug", "Drug", drug);
