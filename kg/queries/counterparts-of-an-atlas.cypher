// title: Counterparts of an atlas in another species
// question: Which populations of the studies of an atlas, below a term, correspond to which of another species, by which scores, in health and in disease, and why do others have none?
// param atlas = "mouse brain": name of the atlas
// param other = "human brain": name of an atlas of the other species
// param term = "CL:0000000": Cell Ontology term of the level: cell for the whole, a class, or one type
MATCH (a:Atlas {label: $atlas})
MATCH (o:Atlas {label: $other})
MATCH (v:AtlasVersion)-[:CONTAINS]->(d:Dataset) WHERE v.id = a.head
MATCH (p:CellPopulation)-[:SAME_POPULATION*0..1]->(own:CellPopulation)-[:FROM_DATASET]->(d)
MATCH (p)-[:IN_EMBEDDING]->(e:Embedding)
MATCH (p)-[:OF_TYPE]->(t:CellType)-[:SUBCLASS_OF*0..30]->(u:CellType) WHERE u.id = $term
WITH DISTINCT o, p, e, t
OPTIONAL MATCH (p)-[r:CORRESPONDS_TO]-(q:CellPopulation) WHERE r.called AND q.in_taxon = o.in_taxon
OPTIONAL MATCH (q)-[:SAME_POPULATION*0..1]->(there:CellPopulation)-[:FROM_DATASET]->(f:Dataset)<-[:CONTAINS]-(w:AtlasVersion)
  WHERE w.id = o.head
WITH p, e, t, r, q, count(w) AS found
RETURN e.condition AS condition, p.label AS population, t.id AS type, q.label AS counterpart, found > 0 AS in_other_atlas,
  r.score AS score, r.q AS q, r.null AS null_of_q, r.q_shuffled AS q_shuffled, r.null_shuffled AS null_shuffled,
  r.auroc AS auroc, r.auroc_of AS auroc_of, r.agrees AS scores_agree, p.counterpart AS told, e.label AS embedding
ORDER BY embedding, population, counterpart
