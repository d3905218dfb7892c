// title: Studies mapped to an atlas
// question: Which studies have their cell types by an atlas, how many cells are a type, and which labels are provisional?
MATCH (m:Mapping)-[:MAPPED_TO]->(v:AtlasVersion)
MATCH (m)-[:FROM_DATASET]->(d:Dataset)
RETURN d.title AS study, v.label AS version, m.controls AS controls, m.provisional AS provisional, m.n_cells AS cells,
  m.n_type AS type, m.n_ancestor AS ancestor, m.n_ambiguous AS ambiguous, m.n_unknown AS unknown,
  m.n_low_quality AS low_quality, m.gene_weight AS gene_weight, m.reasons AS reasons
ORDER BY study, version
