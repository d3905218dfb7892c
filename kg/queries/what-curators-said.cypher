// title: What curators said
// question: Which matches and mappings have been curated, by whom, why, and has another curator agreed?
MATCH (c:Curation)
OPTIONAL MATCH (r:Review)-[:REVIEWS]->(c)
OPTIONAL MATCH (c)-[:SUPERSEDES]->(old:Curation)
RETURN c.about AS about, c.verdict AS verdict, c.who AS who, c.when AS said, c.why AS why, c.status AS verdict_then,
  c.data_version AS data_then, r.who AS reviewer, r.verdict AS review, r.when AS reviewed, old.id AS supersedes, c.id AS id
ORDER BY said, id
