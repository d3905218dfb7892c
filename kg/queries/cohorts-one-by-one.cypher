// title: Cohorts one by one
// question: Does each human cohort agree with the pooled verdict, and why is one not in the pool?
// param model = "rTg4510": name of a disease model
MATCH (k:Match)-[:MATCH_OF]->(m:Contrast)-[:OF_MODEL]->(:DiseaseModel {label: $model})
MATCH (k)-[c:COHORT]->(o:Contrast)
OPTIONAL MATCH (o)-[:IN_TISSUE]->(t:Tissue)
RETURN m.label AS model, k.level AS level, o.label AS cohort, t.label AS tissue, o.n_case AS n_case, o.n_control AS n_control,
  c.score AS r, c.p AS p, c.null AS null_kind, c.status AS in_the_pool, k.score AS pooled_r, k.p AS pooled_p, k.id AS match
ORDER BY match, c.rank
