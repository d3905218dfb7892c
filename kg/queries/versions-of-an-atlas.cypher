// title: Versions of an atlas
// question: Which versions has an atlas had, who made each and why, what was each made of, and which does it stand at?
// param atlas = "pbmc": name of the atlas
MATCH (a:Atlas {label: $atlas})-[:HAS_VERSION]->(v:AtlasVersion)
OPTIONAL MATCH (v)-[:PARENT_VERSION]->(p:AtlasVersion)
WITH a, v, collect(p.label) AS parents
RETURN v.label AS version, v.when AS made, coalesce(v.branch, 'main') AS branch, v.author AS author, v.orcid AS orcid,
  v.message AS message, v.engine AS engine, v.n_studies AS studies, v.n_donors AS donors, v.n_cells AS cells,
  v.n_types AS types, parents, v.submission AS submission, v.caveats AS caveats, v.id = a.head AS stands_there,
  v.content AS content
ORDER BY made DESC, version
