// title: What cannot be tested
// question: Which contrasts have no noise factor of their own or lent, why, and what would make them testable?
MATCH (c:Contrast)
WHERE c.kind <> 'pool' AND (c.noise = 'none' OR c.cut <> '')
OPTIONAL MATCH (c)-[:FROM_DATASET]->(d:Dataset)
RETURN c.label AS contrast, c.in_taxon AS taxon, c.level AS level, c.cut AS cut, c.universe AS universe, c.n_genes AS n_genes,
  c.noise_reason AS reason, d.title AS dataset, c.id AS id
ORDER BY id
