/** The page of one gene. */

import { href } from "./address.js";
import { ask } from "./ask.js";
import { GENE, GENE_CHANGES, GENE_LEADS, GENE_REGULONS } from "./documents_of_things.js";
import { el } from "./dom.js";
import { chance, many, score } from "./format.js";
import { gaps } from "./gaps.js";
import { leadColumns } from "./leads.js";
import { geneLinks } from "./out.js";
import { pagedTable } from "./paged.js";
import { table } from "./table.js";
import { cellLevel, facts, judged, link, names, nothing, number, page, species } from "./thing.js";

const HUMAN = "NCBITaxon:9606";

const contrast = (c) => [link("contrast", c.contrast, c.contrast.label), c.contrast.model && el("span", { class: "sub" }, el("a", { href: href({ model: c.contrast.model.label }) }, `verdicts of ${c.contrast.model.label}`)), cellLevel(c.contrast.replicate === "cell")];

const changeColumns = [
  { head: "contrast", value: (c) => c.contrast.label, show: contrast, main: true },
  { head: "species", value: (c) => species(c.contrast.taxon) },
  number("log2 fold change", (c) => c.effect, score),
  number("moderated effect", (c) => c.moderated, score),
  number("p", (c) => c.p, chance),
  number("FDR", (c) => c.fdr, chance),
  { head: "noise from", value: (c) => c.contrast.noise },
];

const orthologColumns = [
  { head: "gene", value: (o) => o.gene.symbol, show: (o) => link("gene", o.gene, o.gene.symbol || o.gene.curie), main: true },
  { head: "species", value: (o) => species(o.gene.taxon) },
  { head: "id", value: (o) => o.gene.curie, show: (o) => el("span", { class: "id" }, o.gene.curie) },
  { head: "kind", value: (o) => o.cardinality },
  number("confidence", (o) => o.confidence, (v) => (v === null ? "–" : String(v))),
  number("% identity", (o) => o.identity, (v) => (v === null ? "–" : score(v, 1))),
  { head: "source", value: (o) => `${o.source} ${o.version}`, wide: true },
];

const regulonColumns = [
  { head: "regulon", value: (r) => r.label, show: (r) => link("regulon", r, r.label), main: true },
  { head: "factor", value: (r) => r.tf },
  { head: "network", value: (r) => r.network },
  number("targets", (r) => r.nTargets, String),
];

/** A list of the gene by page; `why`: said where it is empty. */
const list = (g, field, document, { title, why, ...spec }) =>
  g[field].nodes.length
    ? pagedTable({ found: g[field], next: async (after) => (await ask(document, { id: g.curie, after })).gene[field], title: title(g[field].totalCount), level: "h2", ...spec })
    : nothing(title(0), why);

const gene = (g) => {
  const links = geneLinks(g);
  return [
    facts([
      ["symbol", g.symbol], ["id", g.curie], ["species", g.species?.label ?? species(g.taxon)], ["biotype", g.biotype],
      ["in other databases", links.length ? names(links) : ""],
      ["annotation", g.provider && `${g.provider.label || g.provider.curie} ${g.provider.version}`],
    ]),
    g.factorOf.nodes.length > 0 && table({ name: `regulons of ${g.symbol}`, title: `${many(g.factorOf.totalCount, "regulon")} of which it is the factor`, level: "h2", columns: regulonColumns, rows: g.factorOf.nodes }),
    list(g, "leads", GENE_LEADS, {
      name: `matches that ${g.symbol} leads`, unit: "matches", title: (n) => (n ? `${many(n, "match", "matches")} that it leads` : "Matches that it leads"),
      why: g.taxon === HUMAN ? "It leads no stored match: it does not change alike on both sides in any." : "Matches are led by human genes: open its ortholog.",
      note: "Verdicts in which it changes alike on both sides at FDR .05, among the most certain changes that are stored.", columns: leadColumns,
    }),
    g.orthologs.nodes.length
      ? table({ name: `orthologs of ${g.symbol}`, title: many(g.orthologs.totalCount, "ortholog row"), level: "h2", note: "One row per source.", columns: orthologColumns, rows: g.orthologs.nodes })
      : el("p", { class: "note" }, "No source available gives an ortholog."),
    list(g, "changes", GENE_CHANGES, {
      name: `contrasts that change ${g.symbol}`, unit: "contrasts", title: (n) => (n ? many(n, "contrast that changes it", "contrasts that change it") : "Contrasts that change it"),
      why: "It passes the threshold of no contrast in the graph.", columns: changeColumns,
    }),
    list(g, "regulons", GENE_REGULONS, {
      name: `regulons that target ${g.symbol}`, unit: "regulons", title: (n) => (n ? many(n, "regulon that targets it", "regulons that target it") : "Regulons that target it"),
      why: "It is a target of none.", columns: regulonColumns,
    }),
    judged(g),
    gaps(g.orthologs.missing, []),
  ];
};

export const genes = page(GENE, "gene", "Gene", gene);
