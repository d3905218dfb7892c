// title: Changes that match
// question: Which genes, modules or regulons change alike in a model and a human disease, most certain first?
// param model = "rTg4510": name of a disease model
// param level = "regulon": gene, module, regulon, activity or rewiring
MATCH (k:Match {level: $level})-[:MATCH_OF]->(m:Contrast)-[:OF_MODEL]->(:DiseaseModel {label: $model})
MATCH (k)-[s:SUPPORTED_BY]->(f)
RETURN m.label AS model, s.label AS feature, s.direction AS direction, s.z_mouse AS z_model, s.z_human AS z_human,
  s.contribution AS part_of_T, s.q AS q, s.measured AS factor_measured, s.left_given AS left_given, f.id AS id, k.id AS match
ORDER BY match, s.rank
LIMIT 200
