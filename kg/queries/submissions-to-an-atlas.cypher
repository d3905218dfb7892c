// title: Submissions to an atlas
// question: What has been submitted to an atlas, where does each submission stand, and who said what of it?
// param atlas = "pbmc": name of the atlas
MATCH (s:Submission {atlas: $atlas})-[:PROPOSED_FOR]->(v:AtlasVersion)
OPTIONAL MATCH (r:Review)-[:REVIEWS]->(s)
RETURN s.number AS number, s.status AS status, s.branch AS branch, s.author AS author, s.verified AS author_verified,
  s.message AS message, s.donors AS donors, s.cells AS cells, s.when AS submitted, v.label AS checked_against,
  r.who AS reviewer, r.verified AS reviewer_verified, r.verdict AS verdict, r.override AS overrides, r.own AS own,
  r.why AS why, r.when AS reviewed
ORDER BY number DESC, reviewed
