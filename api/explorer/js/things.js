/** Pages of one cell type, model or drug. */

import { href } from "./address.js";
import { CELL_TYPE, DRUG, MODEL } from "./documents_of_things.js";
import { el } from "./dom.js";
import { many } from "./format.js";
import { gaps } from "./gaps.js";
import { table } from "./table.js";
import { contrastTable, cut, facts, judged, link, names, nothing, number, page } from "./thing.js";

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
          { head: "contrasts", value: (c) => c.contrasts.nodes.map((k) => k.label).join("; "), show: (c) => names(c.contrasts.nodes.map((k) => link("contrast", k, k.label))), wide: true },
        ],
        rows: d.conditions.nodes,
      })
    : nothing("Measured conditions", "No condition of this drug is in the graph: only its targets are known."),
  gaps(d.conditions.missing, []),
];

export const cellTypes = page(CELL_TYPE, "cellType", "Cell type", cellType);
export const models = page(MODEL, "diseaseModel", "Model", model);
export const drugs = page(DRUG, "drug", "Drug", drug);
