// title: Branches of an atlas
// question: Which lines and views has an atlas beside its main line, who cut each, and where does it stand?
// param atlas = "pbmc": name of the atlas
MATCH (b:AtlasBranch {atlas: $atlas})-[:CUT_AT]->(base:AtlasVersion)
OPTIONAL MATCH (head:AtlasVersion)-[:HEAD_OF]->(b)
RETURN b.label AS branch, b.kind AS kind, b.filter AS selects, b.author AS author, b.when AS cut, base.label AS cut_at,
  head.label AS stands_at, b.above AS above
ORDER BY cut, branch
