/** The page of one regulon: a transcription factor with its targets in one network. */

import { ask } from "./ask.js";
import { REGULON, REGULON_CHANGES, REGULON_LEADS, REGULON_TARGETS } from "./documents_of_things.js";
import { el } from "./dom.js";
import { chance, many, score } from "./format.js";
import { gaps } from "./gaps.js";
import { leadColumns } from "./leads.js";
import { address, pubmed } from "./out.js";
import { pagedTable } from "./paged.js";
import { table } from "./table.js";
import { cellLevel, facts, link, names, nothing, number, page, species } from "./thing.js";

const SIGNS = { 1: "activates", "-1": "represses", 0: "not known" };
const FEW = 3;

function papers(ids) {
  const shown = ids.slice(0, FEW).map((id, at) => [at ? ", " : "", pubmed(id)]);
  return ids.length > FEW ? [shown, ` and ${ids.length - FEW} more`] : shown;
}

const targetColumns = [
  { head: "gene", value: (t) => t.gene.symbol || t.gene.curie, show: (t) => link("gene", t.gene, t.gene.symbol || t.gene.curie), main: true },
  { head: "id", value: (t) => t.gene.curie, show: (t) => el("span", { class: "id" }, t.gene.curie), tight: true },
  { head: "sign", value: (t) => t.sign, show: (t) => el("span", { class: t.sign === 1 ? "way up" : t.sign === -1 ? "way down" : "" }, SIGNS[t.sign] ?? "not known") },
  number("weight", (t) => t.weight, score),
  number("support", (t) => t.support, (v) => (v === null ? "–" : String(v))),
  number("found in", (t) => t.foundIn, score),
  { head: "confidence", value: (t) => t.confidence },
  { head: "publications", value: (t) => t.pmids.join(", "), show: (t) => (t.pmids.length ? papers(t.pmids) : "–"), wide: true },
];

const changeColumns = [
  { head: "contrast", value: (c) => c.contrast.label, show: (c) => [link("contrast", c.contrast, c.contrast.label), cellLevel(c.contrast.replicate === "cell")], main: true },
  { head: "species", value: (c) => species(c.contrast.taxon) },
  { head: "kind", value: (c) => c.kind },
  number("effect", (c) => c.effect, score),
  number("z", (c) => c.z, score),
  number("p", (c) => c.p, chance),
  number("FDR", (c) => c.fdr, chance),
];

const otherColumns = [
  { head: "regulon", value: (o) => o.regulon.label, show: (o) => link("regulon", o.regulon, o.regulon.label), main: true },
  { head: "factor", value: (o) => o.gene.symbol, show: (o) => link("gene", o.gene, o.gene.symbol || o.gene.curie) },
  { head: "species", value: (o) => species(o.gene.taxon) },
  { head: "network", value: (o) => o.regulon.network },
  number("targets", (o) => o.regulon.nTargets, String),
  { head: "evidence", value: (o) => (o.regulon.derivedByOrthology ? "targets transferred by orthology: not independent" : "of its own species"), wide: true },
];

/** Regulons of the same factor in other networks, and of its orthologs. */
function others(r) {
  const near = r.factors.nodes.flatMap((gene) => [
    ...gene.factorOf.nodes.map((regulon) => ({ gene, regulon })),
    ...gene.orthologs.nodes.flatMap((o) => o.gene.factorOf.nodes.map((regulon) => ({ gene: o.gene, regulon }))),
  ]);
  const once = new Map(near.filter((each) => each.regulon.curie !== r.curie).map((each) => [each.regulon.curie, each]));
  return [...once.values()].sort((a, b) => Number(a.gene.taxon === r.taxon) - Number(b.gene.taxon === r.taxon) || a.regulon.label.localeCompare(b.regulon.label));
}

const next = (document, id, field) => async (after) => (await ask(document, { id, after })).regulon[field];

const regulon = (r) => {
  const near = others(r);
  return [
    facts([
      ["factor", r.factors.nodes.length ? names(r.factors.nodes.map((g) => link("gene", g, g.symbol || g.curie))) : r.tf],
      ["network", r.network], ["species", species(r.taxon)], ["made by", r.engine],
      ["targets", r.nTargets === null ? "" : String(r.nTargets)],
      ["evidence", r.derivedByOrthology ? "targets transferred from another species by orthology: not independent evidence" : ""],
      ["motif", r.pruned === null ? "" : r.pruned ? "only targets with the factor's motif nearby were kept" : "targets not pruned by motif"],
      ["support", r.support === null ? "" : `${score(r.support)}: mean share of resamples in which its edges were found`],
      ["inferred in", r.populations.nodes.map((p) => p.label)], ["how it was made", r.context],
      ["source", r.provider && `${r.provider.label || r.provider.curie} ${r.provider.version}`],
      ["licence", r.provider?.licence || "none stated"], ["cite", r.provider?.citation], ["address", r.provider?.url ? address(r.provider.url) : ""], ["id", r.curie],
    ]),
    r.leads.nodes.length
      ? pagedTable({ found: r.leads, next: next(REGULON_LEADS, r.curie, "leads"), unit: "matches", name: `matches that ${r.label} leads`, title: `${many(r.leads.totalCount, "match", "matches")} that it leads`, level: "h2",
          note: "Verdicts at regulon level in which its targets change alike on both sides at FDR .05, among the most certain changes that are stored.", columns: leadColumns })
      : nothing("Matches that it leads", "It leads no stored match: its targets do not change alike on both sides in any."),
    r.changes.nodes.length
      ? pagedTable({ found: r.changes, next: next(REGULON_CHANGES, r.curie, "changes"), unit: "contrasts", name: `contrasts that change ${r.label}`, title: `${many(r.changes.totalCount, "contrast")} in which its activity or its targets change`, level: "h2", note: "The largest effect in units of noise first.", columns: changeColumns })
      : nothing("Its activity in contrasts", "The graph holds no contrast in which its activity was tested by itself; at regulon level it is part of every match of its network."),
    near.length
      ? table({ name: `other regulons of ${r.tf}`, title: "The same factor elsewhere", level: "h2", note: "In the other species by orthologs of the factor, and in other networks.", columns: otherColumns, rows: near })
      : nothing("The same factor elsewhere", "No other network and no ortholog of the factor has a regulon in the graph."),
    r.targets.nodes.length
      ? pagedTable({ found: r.targets, next: next(REGULON_TARGETS, r.curie, "targets"), unit: "targets", name: `targets of ${r.label}`, title: many(r.targets.totalCount, "target"), level: "h2", note: "The best supported first. Sign: what the factor does to the target. Support: publications or evidence counted.", columns: targetColumns })
      : nothing("Targets", "The graph holds none of its targets."),
    gaps(r.targets.missing, r.targets.withheld),
  ];
};

export const regulons = page(REGULON, "regulon", "Regulon", regulon);
