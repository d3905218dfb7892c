// title: Left, given another state
// question: Is it this disease? What does each other disease do in each match, and what is left of the match given it?
// param model = "rTg4510": name of a disease model
MATCH (k:Match)-[:MATCH_OF]->(m:Contrast)-[:OF_MODEL]->(:DiseaseModel {label: $model})
MATCH (k)-[g:GIVEN]->(s:DiseaseState)
RETURN m.label AS model, k.level AS level, k.status_line AS verdict, k.score AS r, k.p AS p, g.label AS other, g.role AS role,
  g.reliability AS reliability, g.other_p AS p_with_model, g.human_p AS p_with_human, g.score AS r_left, g.low AS low,
  g.high AS high, g.p AS p_left, g.power AS power, g.n_changes AS changes_left, g.note AS note, k.id AS match, s.id AS state
ORDER BY match, g.rank
