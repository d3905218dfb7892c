// title: A gene in both species
// question: Where does a human gene, or an ortholog of it in a model animal, change?
// param symbol = "GFAP": symbol of the human gene
MATCH (h:Gene {symbol: $symbol, in_taxon: 'NCBITaxon:9606'})
OPTIONAL MATCH (h)-[o:ORTHOLOG_OF]->(x:Gene)
WITH h, collect(x) AS orthologs
UNWIND [h] + orthologs AS g
MATCH (c:Contrast)-[e:CHANGES_GENE]->(g)
RETURN DISTINCT g.symbol AS gene, g.in_taxon AS taxon, c.label AS contrast, c.noise AS noise, e.effect AS log2_fold_change,
  e.moderated AS moderated, e.p AS p, e.fdr AS fdr, g.id AS gene_id, c.id AS contrast_id
ORDER BY taxon, contrast_id, gene_id
