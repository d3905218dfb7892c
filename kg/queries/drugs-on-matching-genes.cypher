// title: Drugs on matching genes
// question: Which drugs have a target that changes alike in a model and in human disease?
// param model = "rTg4510": name of a disease model
MATCH (k:Match {level: 'gene'})-[:MATCH_OF]->(m:Contrast)-[:OF_MODEL]->(:DiseaseModel {label: $model})
MATCH (k)-[s:SUPPORTED_BY]->(g:Gene)<-[:TARGETS]-(d:Drug)
RETURN d.label AS drug, d.clinical_phase AS phase, d.moa AS mechanism, g.symbol AS target, s.direction AS direction,
  s.q AS q, s.left_given AS left_given, m.label AS model, k.status AS status, d.id AS id, k.id AS match
ORDER BY q, id, match
LIMIT 200
