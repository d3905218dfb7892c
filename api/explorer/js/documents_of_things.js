/** GraphQL documents of the pages of one thing, and of the page about the graph. */

const GAP = "what why remedy";
const SAID = "about verdict state why who when reviewer reviewWhy note";
const GAPPED = `totalCount missing { ${GAP} } withheld { ${GAP} } pageInfo { hasNextPage endCursor }`;
const PAGED = "totalCount pageInfo { hasNextPage endCursor }";
const SOURCE_OF = "provider { curie label version licence redistribute citation url }";

/** Documents of one list of one thing: `($id, $after)`. */
const further = (name, field, list, rows, first) => `query ${name}($id: String!, $after: String) {
  ${field}(curie: $id) { ${list}(first: ${first}, after: $after) { pageInfo { hasNextPage endCursor } nodes { ${rows} } } }
}`;

const OF_MATCH = "match { curie sentence status matchLevel orthology modelLabel humanLabel score p q power askedUnder modelContrast { model { label } } }";
const LEADS = `direction zModel zHuman q ${OF_MATCH}`;
const CHANGES_OF = "contrast { curie label taxon kind replicate noise model { label } }";
const GENE_CHANGED = `effect moderated p fdr ${CHANGES_OF}`;
const REGULON_LINE = "curie label tf network nTargets derivedByOrthology";

export const GENE = `query Gene($id: String!) {
  gene(curie: $id) {
    curie symbol taxon biotype species { label } ${SOURCE_OF} curations { ${SAID} }
    orthologs(first: 50) { totalCount missing { ${GAP} } nodes { gene { curie symbol taxon } cardinality confidence identity source version } }
    factorOf(first: 20) { totalCount nodes { ${REGULON_LINE} } }
    changes(first: 50) { ${PAGED} nodes { ${GENE_CHANGED} } }
    leads(first: 50) { ${PAGED} nodes { ${LEADS} } }
    regulons(first: 50) { ${PAGED} nodes { ${REGULON_LINE} } }
  }
}`;

export const GENE_CHANGES = further("GeneChanges", "gene", "changes", GENE_CHANGED, 100);
export const GENE_LEADS = further("GeneLeads", "gene", "leads", LEADS, 100);
export const GENE_REGULONS = further("GeneRegulons", "gene", "regulons", REGULON_LINE, 100);

const TARGET = "gene { curie symbol } sign weight support foundIn confidence pmids";
const REGULON_CHANGED = "kind effect z p fdr contrast { curie label taxon replicate }";

export const REGULON = `query Regulon($id: String!) {
  regulon(curie: $id) {
    curie label tf network engine taxon nTargets derivedByOrthology pruned support context ${SOURCE_OF}
    populations(first: 20) { nodes { label } }
    factors(first: 5) {
      nodes {
        curie symbol taxon factorOf(first: 10) { nodes { ${REGULON_LINE} } }
        orthologs(first: 20) { nodes { gene { curie symbol taxon factorOf(first: 10) { nodes { ${REGULON_LINE} } } } } }
      }
    }
    targets(first: 50) { ${GAPPED} nodes { ${TARGET} } }
    changes(first: 50) { ${PAGED} nodes { ${REGULON_CHANGED} } }
    leads(first: 50) { ${PAGED} nodes { ${LEADS} } }
  }
}`;

export const REGULON_TARGETS = further("RegulonTargets", "regulon", "targets", TARGET, 100);
export const REGULON_CHANGES = further("RegulonChanges", "regulon", "changes", REGULON_CHANGED, 100);
export const REGULON_LEADS = further("RegulonLeads", "regulon", "leads", LEADS, 100);

const CONTRAST_LINE = "curie label taxon kind replicate noise nCase nControl material model { curie label } state { curie label disease { curie } }";
const MATCH_OF = `ofSide ${OF_MATCH}`;
const CHANGED_GENE = "gene { curie symbol } effect moderated p fdr";
const CHANGED_REGULON = "regulon { curie label } kind effect z p fdr";
const STUDY = "curie title taxon licence redistribute citation doi accession simulated";

export const CONTRAST = `query Contrast($id: String!) {
  contrast(curie: $id) {
    curie label taxon kind measure replicate design engine caseArm controlArm nCase nControl noise noiseReason df material age sex strain
    cut universe nGenes flags curations { ${SAID} }
    dataset { ${STUDY} } cellType { curie label } tissue { curie label } model { curie label }
    state { curie label disease { curie label } } drugCondition { curie label }
    cohorts(first: 100) { totalCount nodes { ${CONTRAST_LINE} } }
    pools(first: 20) { nodes { curie label } }
    matches(first: 50) { ${GAPPED} nodes { ${MATCH_OF} } }
    changes(first: 50) { ${GAPPED} nodes { ${CHANGED_GENE} } }
    regulonChanges(first: 50) { ${PAGED} nodes { ${CHANGED_REGULON} } }
  }
}`;

export const CONTRAST_MATCHES = further("ContrastMatches", "contrast", "matches", MATCH_OF, 100);
export const CONTRAST_CHANGES = further("ContrastChanges", "contrast", "changes", CHANGED_GENE, 100);
export const CONTRAST_REGULONS = further("ContrastRegulons", "contrast", "regulonChanges", CHANGED_REGULON, 100);

export const DATASET = `query Dataset($id: String!) {
  dataset(curie: $id) {
    ${STUDY} counts nSamples cellQuality sha256
    contrasts(first: 50) { ${GAPPED} nodes { ${CONTRAST_LINE} } }
  }
}`;

export const DATASET_CONTRASTS = further("DatasetContrasts", "dataset", "contrasts", CONTRAST_LINE, 100);

export const ABOUT = `query About {
  status { store release }
}`;

export const GRAPH_SIZE = `query GraphSize {
  status { nodes { name count } edges { name count } }
}`;

export const ALL_SOURCES = `query AllSources($after: String) {
  sources(first: 100, after: $after) { ${PAGED} nodes { curie label version licence redistribute citation url status reason } }
}`;

export const ALL_DATASETS = `query AllDatasets($after: String) {
  datasets(first: 100, after: $after) { ${PAGED} nodes { ${STUDY} } }
}`;

export const ALL_RELEASES = `query AllReleases {
  releases(first: 100) { nodes { curie label when note dataVersion } }
}`;

const CONTRASTS = `contrasts(first: 50) {
      totalCount missing { ${GAP} } nodes { ${CONTRAST_LINE} }
    }`;

export const CELL_TYPE = `query CellType($id: String!) {
  cellType(curie: $id) {
    curie label definition synonyms version curations { ${SAID} } parents(first: 50) { nodes { curie label } } children(first: 50) { totalCount nodes { curie label } }
    ${CONTRASTS}
  }
}`;

export const MODEL = `query Model($id: String!) {
  diseaseModel(curie: $id) {
    curie label centre strain genotype control form engineeredGenes url curations { ${SAID} } diseases(first: 50) { nodes { curie label } }
    ${CONTRASTS}
  }
}`;

export const DRUG = `query Drug($id: String!) {
  drug(curie: $id) {
    curie label clinicalPhase moa indication targets(first: 50) { totalCount nodes { curie symbol taxon } }
    conditions(first: 50) { totalCount missing { ${GAP} } nodes { curie label dose doseUnit timeHours system contrasts(first: 10) { nodes { curie label } } } }
  }
}`;
