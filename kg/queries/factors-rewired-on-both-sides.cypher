// title: Factors rewired on both sides
// question: Which transcription factors have other targets in cases than in controls in mouse and in human cells?
// param kind = "rewiring": rewiring or activity
MATCH (a:Contrast)-[x:CHANGES_REGULON {kind: $kind}]->(:Regulon)-[:HAS_TF]->(m:Gene)<-[:ORTHOLOG_OF {cardinality: 'one2one'}]-(h:Gene)
  <-[:HAS_TF]-(:Regulon)<-[y:CHANGES_REGULON {kind: $kind}]-(b:Contrast)
RETURN DISTINCT h.symbol AS factor, m.symbol AS mouse_factor, x.effect AS mouse_effect, x.z AS mouse_z, x.fdr AS mouse_fdr,
  y.effect AS human_effect, y.z AS human_z, y.fdr AS human_fdr, a.label AS mouse_contrast, b.label AS human_contrast, h.id AS gene
ORDER BY gene, mouse_contrast, human_contrast
LIMIT 500
