// title: Is it this model?
// question: What does each model of another disease do in a match, and what is left of the match given it?
// param model = "rTg4510": name of a disease model
MATCH (k:Match)-[:MATCH_OF]->(m:Contrast)-[:OF_MODEL]->(:DiseaseModel {label: $model})
MATCH (k)-[g:GIVEN_MODEL]->(o:Contrast)
RETURN m.label AS model, k.level AS level, k.status_line AS verdict, o.label AS other, g.disease AS disease, g.role AS role,
  g.reliability AS reliability, g.other_p AS p_with_model, g.human_p AS p_with_human, g.score AS r_left, g.low AS low,
  g.high AS high, g.p AS p_left, g.power AS power, g.note AS note, k.id AS match, o.id AS contrast
ORDER BY match, g.rank
