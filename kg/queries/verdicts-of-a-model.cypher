// title: Verdicts of a model
// question: Which human states do the changes of a model match, at every level, and why is each verdict what it is?
// param model = "rTg4510": name of a disease model
MATCH (k:Match)-[:MATCH_OF]->(m:Contrast)-[:OF_MODEL]->(:DiseaseModel {label: $model})
MATCH (k)-[:MATCH_OF {side: 'human'}]->(h:Contrast)
RETURN m.label AS model, h.label AS human, k.level AS level, k.status AS status, k.status_line AS verdict, k.reason AS reason, k.score AS r, k.p AS p,
  k.q AS q, k.family_size AS family, k.ceiling AS ceiling, k.null_mouse AS null_model, k.null_human AS null_human, k.id AS id
ORDER BY level, coalesce(p, 2.0), id
