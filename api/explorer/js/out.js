/** Links to public databases, made only of identifiers that the graph has. What is of no known form stays text. */

import { el } from "./dom.js";

/** A link to another site. One whose text is its address is `bare`: paper need not repeat it. */
const outward = (address, text) => el("a", { class: address === text ? "out bare" : "out", href: address, rel: "noopener noreferrer", target: "_blank" }, text);

const ARCHIVES = [
  [/^GSE\d+$/, (id) => `https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi?acc=${id}`],
  [/^[SED]RP\d+$/, (id) => `https://www.ebi.ac.uk/ena/browser/view/${id}`],
  [/^PRJ(?:NA|EB|DB)\d+$/, (id) => `https://www.ebi.ac.uk/ena/browser/view/${id}`],
  [/^E-[A-Z]{4}-\d+$/, (id) => `https://www.ebi.ac.uk/biostudies/arrayexpress/studies/${id}`],
  [/^syn\d+$/, (id) => `https://www.synapse.org/Synapse:${id}`],
  [/^phs\d+(?:\.v\d+\.p\d+)?$/, (id) => `https://www.ncbi.nlm.nih.gov/projects/gap/cgi-bin/study.cgi?study_id=${id}`],
];

/** An accession as a link to its archive. */
export function accession(text) {
  const found = ARCHIVES.find(([form]) => form.test(text ?? ""));
  return found ? outward(found[1](text), text) : text;
}

/** A DOI as a link; anything else as text. */
export const doi = (text) => (/^10\.\d{4,9}\/[\w.()/:;-]+$/.test(text ?? "") ? outward(`https://doi.org/${text}`, text) : text);

/** A PubMed id, such as PMID:21913832, as a link. */
export function pubmed(text) {
  const number = /^(?:PMID:)?(\d{1,9})$/.exec(text)?.[1];
  return number ? outward(`https://pubmed.ncbi.nlm.nih.gov/${number}/`, text) : text;
}

/** The address of a source as a link, where it is one. */
export const address = (text) => (/^https?:\/\/[^\s"'<>]+$/.test(text ?? "") ? outward(text, text) : text);

const STABLE = /^ENSEMBL:(ENS[A-Z]*G\d{11})$/;
const SYMBOL = /^[A-Za-z0-9][\w.@-]*$/;
const HUMAN = "NCBITaxon:9606";
const BY_ID = [
  ["Ensembl", (id) => `https://www.ensembl.org/id/${id}`],
  ["NCBI Gene", (id) => `https://www.ncbi.nlm.nih.gov/gene/?term=${id}`],
];
const TARGETS = ["Open Targets", (id) => `https://platform.opentargets.org/target/${id}`];
const BY_SYMBOL = {
  [HUMAN]: ["HGNC", (symbol) => `https://www.genenames.org/data/gene-symbol-report/#!/symbol/${symbol}`],
  "NCBITaxon:10090": ["MGI", (symbol) => `https://www.informatics.jax.org/marker/summary?nomen=${symbol}`],
};

/** Links of a gene, by its stable id and its symbol. A gene of simulated data is in no database. */
export function geneLinks(gene) {
  const stable = STABLE.exec(gene.curie)?.[1];
  if (!stable || gene.provider?.version === "simulated") return [];
  const named = SYMBOL.test(gene.symbol) && BY_SYMBOL[gene.taxon];
  return [
    ...(gene.taxon === HUMAN ? [...BY_ID, TARGETS] : BY_ID).map(([name, to]) => outward(to(stable), name)),
    ...(named ? [outward(named[1](gene.symbol), named[0])] : []),
  ];
}
