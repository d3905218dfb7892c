// title: Datasets and licences
// question: Which data stand behind the contrasts, under which licence, and may they be passed on?
MATCH (d:Dataset)
OPTIONAL MATCH (c:Contrast)-[:FROM_DATASET]->(d)
RETURN d.title AS dataset, d.in_taxon AS taxon, d.licence AS licence, d.redistribute AS may_be_passed_on, d.doi AS doi,
  d.accession AS accession, d.n_samples AS samples, d.counts AS counts, count(c) AS n_contrasts, d.simulated AS simulated, d.id AS id
ORDER BY id
