// title: Models of a disease
// question: Which models of a disease are there, from where, and how many contrasts does each have?
// param disease = "MONDO:0004975": MONDO id
MATCH (m:DiseaseModel)-[:MODELS]->(d:Disease {id: $disease})
OPTIONAL MATCH (c:Contrast)-[:OF_MODEL]->(m)
WITH m, d, c ORDER BY c.id
WITH m, d, collect(c.label) AS contrasts
RETURN m.label AS model, m.centre AS centre, m.form AS form, m.strain AS strain, m.engineered_genes AS engineered,
  size(contrasts) AS n_contrasts, contrasts, m.id AS id
ORDER BY id
