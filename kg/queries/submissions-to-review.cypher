// title: Submissions to review
// question: Which submissions are open, how many reviewers has each had, and how long has it waited?
MATCH (s:Submission) WHERE s.status IN ['failed', 'underpowered', 'passed']
OPTIONAL MATCH (r:Review {verdict: 'accept'})-[:REVIEWS]->(s)
RETURN s.number AS number, s.atlas AS atlas, s.branch AS branch, s.status AS status, s.author AS author,
  s.message AS message, count(r) AS accepted_by, s.when AS submitted
ORDER BY submitted, number
