/** The page of one contrast: what was compared, how its noise is known, and the matches that it is a side of. */

import { href } from "./address.js";
import { ask } from "./ask.js";
import { CONTRAST, CONTRAST_CHANGES, CONTRAST_MATCHES, CONTRAST_REGULONS } from "./documents_of_things.js";
import { el } from "./dom.js";
import { chance, count, many, score } from "./format.js";
import { gaps } from "./gaps.js";
import { matchColumns } from "./leads.js";
import { accession, doi } from "./out.js";
import { pagedTable } from "./paged.js";
import { table } from "./table.js";
import { contrastColumns, facts, judged, link, names, nothing, number, page, species } from "./thing.js";

const OWN = "residuals of its own samples";
const NOISE = { donors: OWN, pools: OWN, wells: OWN, cultures: OWN, reference: "lent by healthy samples of the same species and material", none: "none: it is shown without a p" };
const UNITS = {
  donor: "donor or animal", pool: "pool of donors", well: "well", culture: "culture",
  lane: "lane: lanes are not independent, so it gives no p", cell: "cell: cells are not independent, so it gives no p",
};

/** The name of an arm, and how many replicates it has. */
const arm = (name, n) => (name || n ? `${name || "not named"}${n ? ` (n = ${count(n)})` : ""}` : "");

function subject(c) {
  if (c.model) return [link("model", c.model, c.model.label), ", ", el("a", { href: href({ model: c.model.label }) }, "its verdicts")];
  if (c.state) return [c.state.label, c.state.disease && [", ", el("a", { href: href({ disease: c.state.disease.curie }) }, "its verdicts")]];
  if (c.drugCondition) return c.drugCondition.label;
  return c.kind;
}

const noise = (c) => [NOISE[c.noise] ? `${c.noise}: ${NOISE[c.noise]}` : c.noise, c.df ? `${count(c.df)} residual degrees of freedom` : "", c.noiseReason].filter(Boolean).join("; ");

const tested = (c) => {
  if (!c.nGenes) return "";
  const cut = c.cut ? `; the table was cut by: ${c.cut}${c.universe ? ` (${count(c.universe)} tested before)` : ""}` : "";
  return `${count(c.nGenes)} with a value${cut}`;
};

const changeColumns = [
  { head: "gene", value: (g) => g.gene.symbol || g.gene.curie, show: (g) => link("gene", g.gene, g.gene.symbol || g.gene.curie), main: true },
  { head: "id", value: (g) => g.gene.curie, show: (g) => el("span", { class: "id" }, g.gene.curie), tight: true },
  number("log2 fold change", (g) => g.effect, score),
  number("moderated effect", (g) => g.moderated, score),
  number("p", (g) => g.p, chance),
  number("FDR", (g) => g.fdr, chance),
];

const regulonColumns = [
  { head: "regulon", value: (r) => r.regulon.label, show: (r) => link("regulon", r.regulon, r.regulon.label), main: true },
  { head: "kind", value: (r) => r.kind },
  number("effect", (r) => r.effect, score),
  number("z", (r) => r.z, score),
  number("p", (r) => r.p, chance),
  number("FDR", (r) => r.fdr, chance),
];

/** A list of the contrast by page; null where it is empty. */
const list = (c, field, document, { title, ...spec }) =>
  c[field].nodes.length > 0 &&
  pagedTable({ found: c[field], next: async (after) => (await ask(document, { id: c.curie, after })).contrast[field], title: title(c[field].totalCount), level: "h2", ...spec });

const study = (d) =>
  d && [
    el("h2", {}, "Data set"),
    facts([
      ["title", link("dataset", d, d.title || d.curie)], ["accession", d.accession && accession(d.accession)], ["DOI", d.doi && doi(d.doi)],
      ["licence", d.licence || "none stated"], ["redistribution", d.redistribute ? "allowed" : "not allowed, or not stated"], ["cite", d.citation], ["data", d.simulated ? "simulated: nothing was measured" : ""],
    ]),
  ];

const contrast = (c) => [
  facts([
    ["of", el("span", {}, subject(c))], ["kind", c.measure ? `${c.kind}, ${c.measure}` : c.kind], ["species", species(c.taxon)],
    ["case", arm(c.caseArm, c.nCase)], ["control", arm(c.controlArm, c.nControl)],
    ["unit of replication", UNITS[c.replicate] ?? (c.kind === "pool" ? "cohorts, pooled" : "not stated")],
    ["noise", noise(c)], ["design", c.design], ["values from", c.engine || (NOISE[c.noise] === OWN ? "a linear model of its samples" : "")],
    ["tissue", c.tissue?.label], ["cell type", c.cellType ? link("celltype", c.cellType, c.cellType.label) : ""], ["material", c.material],
    ["age", c.age], ["sex", c.sex], ["strain", c.strain], ["genes", tested(c)],
    ["pooled in", c.pools.nodes.length ? names(c.pools.nodes.map((p) => link("contrast", p, p.label))) : ""], ["id", c.curie],
  ]),
  c.flags.length > 0 && el("ul", { class: "flags", "aria-label": "Caveats" }, c.flags.map((flag) => el("li", {}, flag))),
  study(c.dataset),
  c.cohorts.nodes.length > 0 && table({ name: `cohorts of ${c.label}`, title: `${many(c.cohorts.totalCount, "cohort")} pooled`, level: "h2", columns: contrastColumns, rows: c.cohorts.nodes }),
  list(c, "matches", CONTRAST_MATCHES, {
    name: `matches of ${c.label}`, unit: "matches", title: (n) => many(n, "stored match", "stored matches"), columns: matchColumns,
    note: "The smallest p first; what has no test stands last. Power: the probability of a significant match where the true correlation is .3, told of a no.",
  }) || nothing("Stored matches", c.pools.nodes.length ? "A cohort is matched through its pool: open that." : "No stored match has it as a side."),
  list(c, "changes", CONTRAST_CHANGES, {
    name: `genes that change in ${c.label}`, unit: "genes", title: (n) => many(n, "gene that changes", "genes that change"), columns: changeColumns,
    note: "Genes that pass the threshold of the graph, the largest effect in units of noise first. The vector of all genes is in the signature store.",
  }),
  list(c, "regulonChanges", CONTRAST_REGULONS, {
    name: `regulons that change in ${c.label}`, unit: "regulons", title: (n) => `${many(n, "regulon")} whose activity or targets change`, columns: regulonColumns,
  }),
  judged(c),
  gaps(c.matches.missing, c.changes.withheld),
];

export const contrasts = page(CONTRAST, "contrast", "Contrast", contrast);
