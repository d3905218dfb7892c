// title: Atlases that a study is in
// question: Which versions of which atlases have the studies of the graph, under which licence, and is it the version that stands now?
MATCH (v:AtlasVersion)-[:CONTAINS]->(d:Dataset)
OPTIONAL MATCH (a:Atlas {head: v.id})
RETURN d.title AS study, d.licence AS licence, v.atlas AS atlas, v.label AS version, v.when AS made,
  a.id IS NOT NULL AS stands_there, d.id AS dataset
ORDER BY study, atlas, made
