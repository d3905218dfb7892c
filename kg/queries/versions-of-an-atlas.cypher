// title: Versions of an atlas
// question: Which versions has an atlas had, who made each and why, and which of them does it stand at?
// param atlas = "pbmc": name of the atlas
MATCH (a:Atlas {label: $atlas})-[:HAS_VERSION]->(v:AtlasVersion)
OPTIONAL MATCH (v)-[:PARENT_VERSION]->(p:AtlasVersion)
RETURN v.label AS version, v.when AS made, v.author AS author, v.orcid AS orcid, v.message AS message, v.engine AS engine,
  v.n_studies AS studies, v.n_donors AS donors, v.n_cells AS cells, v.n_types AS types, p.label AS parent,
  v.id = a.head AS stands_there, v.content AS content
ORDER BY made DESC, version
