"""Relationships of the graph, declared once."""

from kg.schema.spec import EdgeSpec, properties

_GIVEN = properties("""
    label string name of it
    disease string its disease, as a sentence names it
    role string left, not told apart, unlike, too weak to tell, or not tested
    reliability float share of its squared length that is not noise, 0 to 1
    score float r of what is left, on the scale of base_score
    low float lower end of its 95% interval
    high float upper end
    p float two-sided p of what is left, 1 where nothing is left in the direction of the match
    power float probability that a state which carried the whole match would be found to take part
    left boolean something is left at .05, in the direction of the match, of one that takes part
    explained boolean the interval of what is left lies below half of the match
    opposite boolean it moves against both sides, along the same axis
    other_score float r of it with the model side
    other_p float its joint p
    human_score float r of it with the human side
    human_p float its joint p
    back_score float r of what is left of it with the model side, given this state
    back_p float its p
    n_features integer features that all three share
    base_score float r of the match itself on these features
    base_p float its joint p
    n_changes integer features that still change alike given it; absent where it takes no part
    note string what could not be had
    rank integer place
""")
_ONTOLOGY = ("CellType", "Tissue", "Disease", "Assay", "LifeStage")
_SAME = tuple((label, label) for label in _ONTOLOGY)

EDGES: tuple[EdgeSpec, ...] = (
    EdgeSpec(
        "ORTHOLOG_OF",
        "Human gene to mouse gene.",
        (("Gene", "Gene"),),
        properties("""
        cardinality string one2one, one2many or many2many
        confidence float 1 high, 0 low, as the source has it; -1 not stated
        identity float percent identity of the proteins; -1 not stated
        version string version of the source
    """),
        ("source",),
    ),
    EdgeSpec("MEMBER_OF", "Gene in an orthogroup or module.", (("Gene", "Orthogroup"), ("Gene", "GeneModule"))),
    EdgeSpec("SUBCLASS_OF", "is_a.", _SAME),
    EdgeSpec(
        "BROADER", "Ancestor by a hierarchy that mixes is_a and part_of.", _SAME, properties("basis string which")
    ),
    EdgeSpec(
        "FROM_DATASET",
        "Contrast, donor, reference or cell population of a dataset.",
        (
            ("Contrast", "Dataset"),
            ("Donor", "Dataset"),
            ("NoiseReference", "Dataset"),
            ("CellPopulation", "Dataset"),
            ("Mapping", "Dataset"),
            ("Embedding", "Dataset"),
        ),
    ),
    EdgeSpec(
        "USES_DONOR",
        "Samples of a contrast or a reference.",
        (("Contrast", "Donor"), ("NoiseReference", "Donor")),
        properties(
            "arm string case, control, healthy, all, or fitted (enters an effect by a term of its design that arms"
            " share)"
        ),
    ),
    EdgeSpec(
        "IN_TISSUE",
        "Where the samples come from.",
        (("Contrast", "Tissue"), ("NoiseReference", "Tissue"), ("GeneModule", "Tissue"), ("CellPopulation", "Tissue")),
    ),
    EdgeSpec(
        "OF_TYPE",
        "Cell type measured.",
        (("Contrast", "CellType"), ("NoiseReference", "CellType"), ("CellPopulation", "CellType")),
        properties(
            "method string how the ontology term was found from the authors' word: id, label, synonym, mapping, or "
            "broad mapping (to a wider term)"
        ),
    ),
    EdgeSpec(
        "CORRESPONDS_TO",
        "Cell populations of two species, compared in a space that both share, or put together by a published table;"
        " the smaller species id first. Every pair of an embedding: the status tells which correspond.",
        (("CellPopulation", "CellPopulation"),),
        properties("""
        status string COUNTERPART (each other's best, at FDR .05 by every null available), NONE, or UNTESTABLE (a side
            has too few cells)
        called boolean the status is COUNTERPART
        score float share of cross-species neighbours that belong to the other, geometric mean of both directions,
            0 to 1
        p float by permuted labels
        q float Benjamini-Hochberg over all tested pairs of the embedding
        null string what is permuted
        p_shuffled float rank among the reciprocal pairs of control runs with shuffled gene embeddings, of the score
            where no label has touched the cells; 1 where the pair is not reciprocal there, absent without a control
        q_shuffled float Benjamini-Hochberg, adaptive, over the populations of the smaller side, each with its
            reciprocal pair
        null_shuffled string how many control runs and pairs, or that there is none
        reciprocal boolean each has no better score in the other's species
        auroc float MetaNeighbor, 0 to 1; absent where a species has one population
        auroc_of string what the AUROC is computed on
        agrees boolean both scores call them counterparts, or neither; absent where one says nothing
        published string what a table of the authors says of the pair: the same type, or different ones; absent where
            there is none
        published_by string whose table
        method string method that made the embedding, and that of the score
        embedding string name of the space, or of the table
        gene_embedding string source of the similarity of genes in it
        card string the run that made the embedding: version, seed, coverage, checksums
    """),
        ("embedding",),
    ),
    EdgeSpec(
        "HAS_MARKER",
        "Gene that a list of markers names for a cell type; of a population where the list's words are no Cell Ontology"
        " term.",
        (("CellType", "Gene"), ("CellPopulation", "Gene")),
        properties("""
        author_labels strings what the list calls the cell type
        method string how the ontology term was found: id, label, synonym, mapping, broad mapping or none
        canonical boolean the list calls it a canonical marker
        ubiquitousness float share of all cells that express it, 0 to 1; absent where not stated
        sensitivity float share of cells of the type that express it in this species, 0 to 1; absent where not stated
        specificity float share of cells of other types that express it in this species, as the list has it; absent
            where not stated
        organ string as the list has it
    """),
        ("source",),
    ),
    EdgeSpec(
        "IN_EMBEDDING",
        "Population in an embedding.",
        (("CellPopulation", "Embedding"),),
    ),
    EdgeSpec(
        "SAME_POPULATION",
        "The cells of a population in an embedding or a published table, as the population of the dataset that they"
        " are of.",
        (("CellPopulation", "CellPopulation"),),
        properties("basis string how it is known"),
    ),
    EdgeSpec("IN_POPULATION", "Cells that a contrast compares.", (("Contrast", "CellPopulation"),)),
    EdgeSpec(
        "CHANGES_PROPORTION",
        "Change of a population's share of all cells, of a contrast of composition; every population tested.",
        (("Contrast", "CellPopulation"),),
        properties("""
        effect float log2 change of its centred log-ratio
        z float effect in units of its noise
        p float two-sided p
        fdr float Benjamini-Hochberg over the populations
        share_case float mean share of all cells in the case arm, 0 to 1
        share_control float mean share in the control arm
        noise floats its column of the noise factor, one value a degree of freedom
    """),
    ),
    EdgeSpec("IN_SPECIES", "Species of a dataset or model.", (("Dataset", "Species"), ("DiseaseModel", "Species"))),
    EdgeSpec("MODELS", "A model of a disease.", (("DiseaseModel", "Disease"),)),
    EdgeSpec("HAS_DISEASE", "Disease of a state.", (("DiseaseState", "Disease"),)),
    EdgeSpec("OF_MODEL", "A contrast measured in a model.", (("Contrast", "DiseaseModel"),)),
    EdgeSpec("OF_STATE", "A cohort of a state.", (("Contrast", "DiseaseState"),)),
    EdgeSpec("OF_CONDITION", "A contrast of a drug condition.", (("Contrast", "DrugCondition"),)),
    EdgeSpec("USES_DRUG", "Drug of a condition.", (("DrugCondition", "Drug"),)),
    EdgeSpec("TARGETS", "Drug to the gene of its target.", (("Drug", "Gene"),)),
    EdgeSpec("HAS_TF", "Factor of a regulon.", (("Regulon", "Gene"),)),
    EdgeSpec(
        "INFERRED_IN",
        "Cells or study whose expression a regulon was inferred from.",
        (("Regulon", "Dataset"), ("Regulon", "CellPopulation")),
    ),
    EdgeSpec(
        "REGULATES",
        "Target of a regulon.",
        (("Regulon", "Gene"),),
        properties("""
        weight float as the network has it
        sign integer 1 activation, -1 repression, 0 not known
        support integer publications or evidence counted
        found_in float share of resamples in which an inferred edge was found; -1 where not asked
        confidence string as the network has it
        pmids strings publications
    """),
    ),
    EdgeSpec(
        "CHANGES_GENE",
        "Gene that passes the threshold of the contrast.",
        (("Contrast", "Gene"),),
        properties("""
        effect float log2 fold change
        moderated float moderated effect: effect over its own noise plus the median noise; of a table its z
        p float two-sided p; -1 not stated
        fdr float Benjamini-Hochberg; -1 not stated
    """),
    ),
    EdgeSpec(
        "CHANGES_REGULON",
        "Regulon whose activity changes.",
        (("Contrast", "Regulon"),),
        properties("""
        kind string activity or rewiring
        effect float activity
        z float in units of its noise
        p float two-sided p
        fdr float Benjamini-Hochberg
    """),
        ("kind",),
    ),
    EdgeSpec("NOISE_FROM", "Reference that lends a contrast its noise.", (("Contrast", "NoiseReference"),)),
    EdgeSpec("POOL_OF", "The pool of a state's cohorts.", (("Contrast", "DiseaseState"),)),
    EdgeSpec("POOLS", "Cohort in a pooled contrast.", (("Contrast", "Contrast"),)),
    EdgeSpec(
        "SHARES_SAMPLES",
        "Two contrasts with a common arm or sample.",
        (("Contrast", "Contrast"),),
        properties("""
        arm string arm that is shared, or what else of them is
        n_shared integer samples shared; -1 not known
        basis string how it is known: donors, arm (of the same name in one dataset), declared or likeness (of their
            vectors)
    """),
    ),
    EdgeSpec(
        "MATCH_OF",
        "The two sides of a match.",
        (("Match", "Contrast"),),
        properties("side string mouse or human"),
        ("side",),
    ),
    EdgeSpec(
        "SUPPORTED_BY",
        "Feature that changes on both sides.",
        (("Match", "Gene"), ("Match", "Regulon"), ("Match", "GeneModule")),
        properties("""
        direction string up or down
        contribution float its part of T; the parts sum to T
        z_mouse float centred effect of the model side over its own noise
        z_human float centred effect of the human side over its own noise
        p float larger one-sided p in the shared direction
        q float Benjamini-Hochberg over the features tested
        measured boolean the factor of the regulon is measured on both sides
        left_given strings states that take part, given which it still changes alike
        leading strings symbols of the genes that carry a regulon or module on both sides, up to 5
        label string symbol or name of the feature
        rank integer place, most certain first
    """),
    ),
    EdgeSpec(
        "DOES_NOT_MATCH",
        "Negative evidence: a contrast of a model that was tested against a state and not found to match it. What was"
        " not tested has no such relationship.",
        (("Contrast", "DiseaseState"),),
        properties("""
        level string what was compared
        policy string orthology policy
        disease string disease asked for
        power float the chance that this test would have found a true correlation of .3; absent where a side has no
            effect above its noise
        q float Benjamini-Hochberg over the family
        score float r
        match_id string id of the match
    """),
        ("level", "policy", "disease"),
    ),
    EdgeSpec(
        "COHORT",
        "One cohort of the pooled human side, alone.",
        (("Match", "Contrast"),),
        properties("""
        score float r
        p float joint two-sided p
        status string pooled, or why not
        null string kind of its null
        rank integer place
    """),
    ),
    EdgeSpec(
        "GIVEN",
        "Another state in the match, and what is left of the match given it.",
        (("Match", "DiseaseState"),),
        _GIVEN,
    ),
    EdgeSpec(
        "GIVEN_MODEL",
        "A model of another disease in the match, and what is left given it.",
        (("Match", "Contrast"),),
        _GIVEN,
    ),
    EdgeSpec(
        "RESULT_OF",
        "Published result about a model, module or disease.",
        (("PublishedResult", "DiseaseModel"), ("PublishedResult", "GeneModule"), ("PublishedResult", "Disease")),
    ),
    EdgeSpec(
        "ABOUT",
        "What a curation is about: a match, or both ends of a mapping.",
        tuple(
            ("Curation", label)
            for label in (
                "Match",
                "Gene",
                "Contrast",
                "CellPopulation",
                "NoiseReference",
                "GeneModule",
                "DiseaseModel",
                "DiseaseState",
                "CellType",
                "Tissue",
                "Disease",
            )
        ),
        properties("role string match, subject or object"),
        ("role",),
    ),
    EdgeSpec("SUPERSEDES", "An earlier curation of the same.", (("Curation", "Curation"),)),
    EdgeSpec(
        "REVIEWS", "The curation or submission that was reviewed.", (("Review", "Curation"), ("Review", "Submission"))
    ),
    EdgeSpec("HAS_VERSION", "A version of an atlas.", (("Atlas", "AtlasVersion"),)),
    EdgeSpec(
        "PARENT_VERSION",
        "The version before it; for a merge also the merged version.",
        (("AtlasVersion", "AtlasVersion"),),
    ),
    EdgeSpec(
        "CONTAINS",
        "Study of a version or a submission, if it is in the graph.",
        (("AtlasVersion", "Dataset"), ("Submission", "Dataset")),
    ),
    EdgeSpec("BRANCH_OF", "The atlas of a branch.", (("AtlasBranch", "Atlas"),)),
    EdgeSpec("CUT_AT", "The version a branch was created at.", (("AtlasBranch", "AtlasVersion"),)),
    EdgeSpec("HEAD_OF", "The branch whose head is the version.", (("AtlasVersion", "AtlasBranch"),)),
    EdgeSpec("TAGS", "The tagged version.", (("AtlasTag", "AtlasVersion"),)),
    EdgeSpec("PROPOSED_FOR", "The version that it was checked against.", (("Submission", "AtlasVersion"),)),
    EdgeSpec("MERGED_FROM", "The submission that a version accepted.", (("AtlasVersion", "Submission"),)),
    EdgeSpec("MAPPED_TO", "Version of an atlas that assigned a study's cell types.", (("Mapping", "AtlasVersion"),)),
    EdgeSpec("WAS_GENERATED_BY", "Node made by a run.", (("Match", "Run"), ("Contrast", "Run"))),
)

EDGE_BY_TYPE = {spec.type: spec for spec in EDGES}
