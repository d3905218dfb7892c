// title: Left, given another state
// question: Is it this disease? What is left of each match given each other disease, and of that one given this?
// param model = "rTg4510": name of a disease model
MATCH (k:Match)-[:MATCH_OF {side: 'mouse'}]->(m:Contrast)-[:OF_MODEL]->(:DiseaseModel {label: $model})
MATCH (k)-[g:GIVEN]->(s:DiseaseState)
RETURN m.label AS mouse, k.level AS level, k.score AS r, k.p AS p, s.label AS other, g.other_score AS r_with_other,
  g.other_p AS p_with_other, g.score AS r_left, g.p AS p_left, g.left AS something_left, g.n_changes AS changes_left,
  g.back_score AS r_back, g.back_p AS p_back, k.id AS match, s.id AS state
ORDER BY match, g.rank
