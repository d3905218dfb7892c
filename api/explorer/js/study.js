/** The page of one data set: whose data it is, under which licence, and what was compared in it. */

import { ask } from "./ask.js";
import { DATASET, DATASET_CONTRASTS } from "./documents_of_things.js";
import { el } from "./dom.js";
import { count, many } from "./format.js";
import { gaps } from "./gaps.js";
import { accession, doi } from "./out.js";
import { pagedTable } from "./paged.js";
import { contrastColumns, facts, nothing, page, species } from "./thing.js";

const study = (d) => [
  d.simulated && el("p", { class: "note" }, "Simulated data: made by a generator, nothing in it was measured."),
  facts([
    ["species", species(d.taxon)], ["samples", d.nSamples ? count(d.nSamples) : ""], ["counts", d.counts === "none" ? "none: tables of effects" : d.counts], ["accession", d.accession && accession(d.accession)], ["DOI", d.doi && doi(d.doi)],
    ["licence", d.licence || "none stated"], ["redistribution", d.redistribute ? "allowed" : "not allowed, or not stated"], ["cite", d.citation],
    ["quality control of cells", d.cellQuality], ["id", d.curie],
  ]),
  d.contrasts.nodes.length
    ? pagedTable({
        found: d.contrasts, next: async (after) => (await ask(DATASET_CONTRASTS, { id: d.curie, after })).dataset.contrasts, unit: "contrasts",
        name: `contrasts of ${d.title}`, title: many(d.contrasts.totalCount, "contrast"), level: "h2", columns: contrastColumns,
      })
    : nothing("Contrasts", "The graph holds no contrast of it."),
  d.sha256.length > 0 && el("section", { class: "block" }, el("h2", {}, "Files read"), el("p", { class: "note" }, "SHA-256 of each."), el("ul", { class: "sums" }, d.sha256.map((sum) => el("li", {}, el("span", { class: "id" }, sum))))),
  gaps(d.contrasts.missing, []),
];

export const datasets = page(DATASET, "dataset", "Data set", study);
