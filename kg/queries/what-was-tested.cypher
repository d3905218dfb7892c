// title: What was tested, and what was not
// question: For each model and human state of a disease: does it match, was nothing found (and what would have been), or was it not tested?
// param disease = "MONDO:0004975": MONDO id of a disease
// param level = "gene": gene, module, regulon, activity or rewiring
MATCH (c:Contrast)-[:OF_MODEL]->(m:DiseaseModel)
MATCH (s:DiseaseState {disease: $disease})
OPTIONAL MATCH (c)<-[:MATCH_OF {side: 'mouse'}]-(k:Match {level: $level, disease: $disease})-[:MATCH_OF {side: 'human'}]->(:Contrast)-[:POOL_OF]->(s)
OPTIONAL MATCH (c)-[n:DOES_NOT_MATCH {level: $level, disease: $disease}]->(s)
RETURN m.label AS model, c.label AS contrast, s.label AS state,
  CASE WHEN k IS NULL THEN 'not tested: not asked' WHEN k.status = 'UNTESTABLE' THEN 'not tested'
    WHEN n IS NULL THEN 'found' WHEN n.power >= 0.8 THEN 'no' ELSE 'no, but too weak for a no' END AS answer,
  n.power AS power_at_r_of_0_3, k.status AS status, k.score AS r, k.q AS q, k.reason AS reason, k.id AS match
ORDER BY model, contrast, state
LIMIT 1000
