/** Every GraphQL document that the page sends; those of the pages of one thing are in documents_of_things.js. */

const GAP = "what why remedy";
const SAID = "id about kind verdict state why who when reviewer reviewWhy note";

export const DATASETS = `query Datasets {
  datasets(first: 100) { nodes { simulated } }
}`;

export const CHOICES = `query Choices {
  diseaseModels(first: 100) { nodes { curie label contrasts(first: 1) { totalCount } } }
  diseaseStates(first: 100) { nodes { curie disease { curie label } } }
}`;

export const VERDICTS = `query Verdicts($model: String!, $disease: String, $level: Level!, $policy: Policy!, $specificity: Specificity, $after: String) {
  matches(model: $model, disease: $disease, level: $level, policy: $policy, specificity: $specificity, first: 50, after: $after) {
    question release family totalCount missing { ${GAP} } withheld { ${GAP} } pageInfo { hasNextPage endCursor }
    edges {
      cursor
      node {
        curie sentence model modelLabel human humanLabel state matchLevel orthology status reason score p q familySize flags
        modelContrast { age sex nCase nControl cellType { label } tissue { label } }
        cohorts { contrast label region status score p }
        statusLine amongStates given { state label role note score low high p otherScore otherP power }
      }
    }
  }
}`;

const GIVEN = "state label disease role nFeatures reliability baseScore baseP otherScore otherP humanScore humanP score low high p power left explained opposite nChanges note";

const WHOLE = `curie sentence askedUnder model modelLabel human humanLabel state matchLevel orthology status reason score statistic
    interval { low high } null { model human } p q family familySize otherFamilies naiveP exploratoryP nFeatures effectiveN df
    axesOut { score p axes source } ceiling correctedScore amongStates
    statusLine amongModels modelTaxon humanTaxon allGiven { share low high states leftOut }
    given { ${GIVEN} } modelGiven { ${GIVEN} }
    cohorts { contrast label region nCase nControl status null score p flags licence dataset }
    policyBand { orthology score p matchStatus } references { reference label p }
    changes(first: 100) { feature label direction contribution zModel zHuman p q measured leftGiven leading }
    nChanges changesNote flags engineered method dataVersion cypher cypherGives withheld { what why remedy }
    modelContrast { curie label model { curie } dataset { title licence doi } } humanContrast { curie label }
    explain {
      modelTerm humanTerm sharedTerm nullDf
      columns { features labels humanGenes model human contribution }
      evidence { ofSide taxon contrast label dataset title licence doi noise df nCase nControl }
    }`;

/** One stored match by its id. */
export const MATCH = `query Match($id: ID!) {
  match(id: $id) {
    ${WHOLE}
  }
}`;

/** Every feature of a stored match, as columns of one length. */
export const FEATURES = `query Features($id: ID!) {
  match(id: $id) { featureColumns { names values } }
}`;

/** One match by its question: the first after a place; it may be computed for this answer. */
export const MATCH_ASKED = `query MatchAsked($model: String!, $disease: String, $level: Level!, $policy: Policy!, $specificity: Specificity, $after: String) {
  matches(model: $model, disease: $disease, level: $level, policy: $policy, specificity: $specificity, first: 1, after: $after) {
    nodes {
    ${WHOLE}
    }
  }
}`;

export const GRID = `query Grid($level: Level!, $after: ID) {
  modelGrid(level: $level, after: $after) {
    known knownDiseases following models { curie label contrasts } diseases { curie label states }
    cells { model disease answer status pairs supported nonspecific discordant notSupported untestable match asked sentence reason score q power }
  }
}`;

export const CURATIONS = `query Curations($id: ID!) {
  match(id: $id) { curations { ${SAID} } }
}`;

export const CURATION_LIST = `query CurationList($state: CurationState, $after: String) {
  curations(state: $state, first: 50, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { ${SAID} } }
}`;

export const VIEWER = `query Viewer {
  viewer { name scopes }
}`;

export const PROPOSE_CURATION = `mutation ProposeCuration($match: ID, $ends: [ID!], $verdict: CurationVerdict!, $why: String!, $supersedes: ID) {
  proposeCuration(match: $match, ends: $ends, verdict: $verdict, why: $why, supersedes: $supersedes) { id state }
}`;

export const REVIEW_CURATION = `mutation ReviewCuration($id: ID!, $accept: Boolean!, $why: String!) {
  reviewCuration(id: $id, accept: $accept, why: $why) { id state }
}`;

export const REGULONS = `query Regulons($model: String!, $disease: String, $policy: Policy!) {
  matches(model: $model, disease: $disease, level: regulon, policy: $policy, first: 20) {
    nodes { curie model state status q nChanges changes(first: 50) { feature label direction zModel zHuman q measured leftGiven leading } }
  }
}`;

export const SEARCH = `query Search($text: String!, $kinds: [Kind!], $first: Int!) {
  search(text: $text, kinds: $kinds, first: $first) { known nodes { curie kind label matched fit } }
}`;

const SEVERAL = `question family release totalCount missing { ${GAP} } withheld { ${GAP} } pageInfo { hasNextPage endCursor }
    nodes { curie sentence modelLabel humanLabel humanTaxon status statusLine reason score p q familySize nChanges changes(first: 8) { label direction } }`;

export const COMPARE = `query Compare($model: String!, $other: String!, $level: Level!, $policy: Policy!, $after: String) {
  found: compareModels(model: $model, other: $other, level: $level, policy: $policy, first: 50, after: $after) {
    ${SEVERAL}
  }
}`;

export const MIMICS = `query Mimics($drug: String!, $level: Level!, $policy: Policy!, $after: String) {
  found: drugMatches(drug: $drug, level: $level, policy: $policy, first: 50, after: $after) {
    ${SEVERAL}
  }
}`;

export const MATCH_SIGNATURE = `query MatchSignature($signature: SignatureInput!, $disease: String, $level: Level!, $policy: Policy!, $after: String) {
  found: matchSignature(signature: $signature, disease: $disease, level: $level, policy: $policy, first: 100, after: $after) {
    ${SEVERAL}
  }
}`;

export const PLACES = `query Places {
  contrasts(first: 100) { nodes { tissue { curie label } cellType { curie label } } }
}`;

export const SAVED = `query Saved {
  savedQueries { name title question cypher parameters { name example description } }
}`;

export const SPACES = `query Spaces {
  embeddings(first: 100) { nodes { curie label taxa } }
}`;

export const SPECIES_NAME = `query SpeciesName($id: String!) {
  species(curie: $id) { label commonName }
}`;

export const SPACE = `query Space($id: String!, $after: String) {
  embedding(id: $id) {
    method version doi geneEmbedding standIn coverage inputs packages limits card nullLabels nullShuffled aurocOf
    populations(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { curie label taxon nCells layout counterpart cellType { curie } } }
  }
}`;

export const SPACE_PAIRS = `query SpacePairs($id: String!, $left: String!, $right: String!, $after: String) {
  embedding(id: $id) {
    populations(taxon: $left, first: 25, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        curie label taxon
        correspondences(taxon: $right, first: 100) { nodes { population { curie } status score q qShuffled auroc aurocOf agrees published publishedBy } }
      }
    }
  }
}`;

export const ATLASES = `query Atlases {
  atlases(first: 100) { nodes { curie label taxon moved head { curie label nStudies nDonors nCells nTypes } } }
}`;

const CARD = `head policy cite donors cells alpha licences forbidden limits
      engine { name version doi chosenBy }
      studies { name title dataset licence citation donors cells types redistribute doi note }
      types { label donors cells cl limit provisional } coverage { of label coverage cells donors }
      reliability { low high said observed cells } confusion { type called share cells }
      measures { name value of lowest highest } contributors { name orcid role }`;

export const ATLAS_VERSION = `query AtlasVersion($id: String!) {
  atlasVersion(curie: $id) {
    curie label taxon contentId author orcid message when engine nStudies nDonors nCells nTypes
    parent { curie label }
    caveats
    atlas {
      curie label head { curie }
      branches(first: 50) { nodes { label kind head { curie } } }
      versions(last: 100) { totalCount nodes {
        curie label when message author branch parents(first: 2) { nodes { curie } } tags(first: 5) { nodes { label } } submission { number }
      } }
    }
    mappings(first: 50) { totalCount nodes { curie label controls provisional geneWeight nCells nType nAncestor nAmbiguous nUnknown nLowQuality } }
  }
}`;

export const SUBMISSIONS = `query Submissions($atlas: String!) {
  submissions(first: 50, atlas: $atlas) { totalCount nodes { number status author message donors cells when branch } }
}`;

export const SUBMISSION = `query Submission($number: Int!) {
  submission(number: $number) {
    number atlas branch status author orcid verified message when closed rechecked donors cells reviewersDue
    base { curie label } version { curie label }
    reviews { reviewer verified decision why own override when }
    report {
      studies affected untouched flips notes
      gates { id name outcome reason fix lines { of value limit old new lowest highest note stops } }
      newTypes { id label parentCl cells donors standing markers { gene effect donors } }
    }
  }
}`;

export const REVIEW_SUBMISSION = `mutation ReviewSubmission($number: Int!, $accept: Boolean!, $why: String!, $override: [String!]) {
  reviewSubmission(number: $number, accept: $accept, why: $why, override: $override) { number status }
}`;

/** By itself: where its object is damaged, the version is shown all the same. */
export const ATLAS_CARD = `query AtlasCard($id: String!) {
  atlasVersion(curie: $id) { card { ${CARD} } }
}`;

export const JOB_KINDS = `query JobKinds {
  jobKinds {
    kind title either
    arguments { name type required several choices default help least most offered } files { name suffixes required help }
  }
}`;

const JOB_LINE = "curie kind state submitted started ended attempt progress { done total message }";

export const JOBS = `query Jobs($after: String) {
  jobs(first: 50, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { ${JOB_LINE} arguments { file } } }
}`;

export const JOB = `query Job($id: ID!) {
  job(id: $id) {
    ${JOB_LINE} version events error { code message fix } arguments { name values file }
    files { name size sha256 media path } summary
  }
}`;

export const JOB_STATE = `query JobStateNow($id: ID!) {
  job(id: $id) { state progress { done total message } }
}`;

const ROOM = "used most largest days uploads { id name size received sha256 complete when }";

export const JOB_SPACE = `query JobSpace {
  jobSpace { ${ROOM} }
}`;

export const SUBMIT_JOB = `mutation SubmitJob($kind: JobKind!, $arguments: [JobArgument!]!) {
  submitJob(kind: $kind, arguments: $arguments) { curie state events }
}`;

export const CANCEL_JOB = `mutation CancelJob($id: ID!) {
  cancelJob(id: $id) { state }
}`;

export const DELETE_JOB = `mutation DeleteJob($id: ID!) {
  deleteJob(id: $id)
}`;

export const DELETE_UPLOAD = `mutation DeleteUpload($id: ID!) {
  deleteUpload(id: $id) { ${ROOM} }
}`;
