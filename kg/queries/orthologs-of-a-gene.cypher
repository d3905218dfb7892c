// title: Orthologs of a gene
// question: Which genes of model animals are orthologs of a human gene, of which kind, how sure, and by which source?
// param symbol = "APOE": symbol of the human gene
MATCH (h:Gene {symbol: $symbol, in_taxon: 'NCBITaxon:9606'})-[o:ORTHOLOG_OF]->(m:Gene)
RETURN h.id AS human, m.symbol AS model_symbol, m.id AS model, o.cardinality AS cardinality, o.confidence AS confidence,
  o.identity AS identity, o.source AS source, o.version AS version
ORDER BY human, model, source
