/** Links to public databases, made only of identifiers that the graph has. What is of no known form stays text. */

import { el } from "./dom.js";

const outward = (address, text) => el("a", { class: "out", href: address, rel: "noopener noreferrer", target: "_blank" }, text);

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

/** A PubMed id as a link. */
export const pubmed = (text) => (/^\d{1,9}$/.test(text) ? outward(`https://pubmed.ncbi.nlm.nih.gov/${text}/`, text) : text);

/** The address of a source as a link, where it is one. */
export const address = (text) => (/^https?:\/\/[^\s"'<>]+$/.test(text ?? "") ? outward(text, text) : text);

const HUMAN = "NCBITaxon:9606";
const GENES = [
  [/^ENSEMBL:(ENS[A-Z]*G\d{11})$/, "Ensembl", (id) => `https://www.ensembl.org/id/${id}`],
  [/^NCBIGene:(\d+)$/, "NCBI Gene", (id) => `https://www.ncbi.nlm.nih.gov/gene/${id}`],
  [/^HGNC:(\d+)$/, "HGNC", (id) => `https://www.genenames.org/data/gene-symbol-report/#!/hgnc_id/HGNC:${id}`],
  [/^MGI:(\d+)$/, "MGI", (id) => `https://www.informatics.jax.org/marker/MGI:${id}`],
  [/^RGD:(\d+)$/, "RGD", (id) => `https://rgd.mcw.edu/rgdweb/report/gene/main.html?id=${id}`],
];
const TARGETS = ["Open Targets", (id) => `https://platform.opentargets.org/target/${id}`];

/** Links of a gene, by its id and the ids of it that the graph has. A gene of simulated data is in no database. */
export function geneLinks(gene) {
  if (gene.provider?.version === "simulated") return [];
  const links = [gene.curie, ...(gene.xrefs ?? [])].flatMap((curie) =>
    GENES.filter(([form]) => form.test(curie)).map(([form, name, to]) => outward(to(form.exec(curie)[1]), `${name} ${form.exec(curie)[1]}`)));
  const stable = GENES[0][0].exec(gene.curie)?.[1];
  return stable && gene.taxon === HUMAN ? [...links, outward(TARGETS[1](stable), `${TARGETS[0]} ${stable}`)] : links;
}
