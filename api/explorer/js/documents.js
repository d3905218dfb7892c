/** Every GraphQL document that the page sends. */

const GAP = "what why remedy";

export const CHOICES = `query Choices {
  diseaseModels(first: 100) { nodes { curie label } }
  diseaseStates(first: 100) { nodes { curie label disease { curie label } } }
}`;

export const VERDICTS = `query Verdicts($model: String!, $disease: String, $level: Level!, $policy: Policy!, $first: Int!) {
  matches(model: $model, disease: $disease, level: $level, policy: $policy, first: $first) {
    question release family known missing { ${GAP} } withheld { ${GAP} } pageInfo { hasNextPage endCursor }
    nodes {
      curie mouse mouseLabel human humanLabel state disease level policy status reason score p q familySize flags
      cohorts { contrast label region status score p }
      given { state label score p otherScore left }
    }
  }
}`;

export const MATCH = `query Match($id: ID!) {
  match(id: $id) {
    curie mouse mouseLabel human humanLabel state disease level policy status reason score statistic interval { low high }
    null { mouse human } p q family familySize naiveP exploratoryP nFeatures effectiveN df axesOut { score p axes source }
    ceiling correctedScore specificity
    given { state label nFeatures baseScore baseP otherScore otherP score p backScore backP left nChanges note }
    cohorts { contrast label region nCase nControl status null score p flags licence dataset }
    policyBand { policy score p status } references { reference label p }
    changes(first: 100) { feature label direction contribution zMouse zHuman p q measured leftGiven }
    nChanges flags engineered method dataVersion cypher
    explain {
      mouseTerm humanTerm sharedTerm df
      columns { features labels humanGenes mouseGenes mouse human contribution }
      evidence { side contrast label dataset title licence doi noise df nCase nControl }
    }
    curations { verdict comment who when }
  }
}`;

export const REGULONS = `query Regulons($model: String!, $disease: String, $policy: Policy!) {
  matches(model: $model, disease: $disease, level: regulon, policy: $policy, first: 20) {
    nodes { curie mouse state status q nChanges changes(first: 30) { feature label direction zMouse zHuman q measured leftGiven } }
  }
}`;

export const SEARCH = `query Search($text: String!, $kinds: [SearchKind!], $first: Int!) {
  search(text: $text, kinds: $kinds, first: $first) { hits { kind curie label note } known missing { ${GAP} } }
}`;
