// title: Jobs by kind and state
// question: How many jobs of each kind wait, run and have ended, how many were lost, and how old is the oldest that waits?
MATCH (j:Job)
RETURN j.kind AS kind, j.state AS state, count(j) AS jobs, count(DISTINCT j.owner) AS owners,
  sum(CASE WHEN j.attempt > 1 THEN 1 ELSE 0 END) AS tried_again,
  min(j.submitted) AS first_submitted, max(j.ended) AS last_ended, collect(DISTINCT j.code) AS codes
ORDER BY kind, state
