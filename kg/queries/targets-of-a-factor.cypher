// title: Targets of a factor
// question: Which targets of a transcription factor change in which contrasts, and in which direction?
// param tf = "SPI1": symbol of the factor
// param network = "CollecTRI": network of the regulon
MATCH (r:Regulon {tf: $tf})-[t:REGULATES]->(g:Gene)<-[c:CHANGES_GENE]-(o:Contrast)
WHERE toLower(r.network) STARTS WITH toLower($network)
RETURN o.label AS contrast, g.symbol AS target, t.sign AS sign, c.effect AS log2_fold_change, c.moderated AS moderated, c.fdr AS fdr,
  t.support AS support, r.network AS network, g.id AS gene, o.id AS contrast_id
ORDER BY contrast_id, gene, network, r.id
LIMIT 500
