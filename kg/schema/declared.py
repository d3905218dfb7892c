"""Nodes and relationships of the graph, declared once.

Constraints, writes, stale-data cleanup and the schema page of ``kg/README.md`` are generated from these specs.
Every node and relationship also carries ``source`` (the Source that owns it) and ``run`` (the Run that wrote it): the
cleanup after a load removes what the same source wrote in an older run and did not write again.
"""

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["string", "integer", "float", "boolean", "strings", "floats"]


@dataclass(frozen=True)
class Property:
    name: str
    kind: Kind
    doc: str
    index: bool = False

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"{self.name}: {self.kind} is not one of {get_args(Kind)}")


@dataclass(frozen=True)
class NodeSpec:
    """``kept``: people made it, so no cleanup after a load removes it. ``shared``: several sources may write the same one;
    ``kg.store.owners`` says whose it is."""

    label: str
    doc: str
    properties: tuple[Property, ...] = ()
    kept: bool = False
    shared: bool = False


@dataclass(frozen=True)
class EdgeSpec:
    """``pairs`` are the allowed (subject label, object label). ``key`` names the properties that tell apart parallel
    relationships of one type between the same two nodes; without it there is one."""

    type: str
    doc: str
    pairs: tuple[tuple[str, str], ...]
    properties: tuple[Property, ...] = ()
    key: tuple[str, ...] = ()


def _p(text: str) -> tuple[Property, ...]:
    """One property a line: ``name kind[*] doc``; the star asks for an index."""
    made = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, kind, doc = line.split(maxsplit=2)
        made.append(Property(name, kind.rstrip("*"), doc, index=kind.endswith("*")))  # type: ignore[arg-type]
    return tuple(made)


_GIVEN = _p("""
    label string name of it
    disease string its disease, as a sentence names it
    role string left, not told apart, unlike, too weak to tell, or not tested
    reliability float share of its squared length that is no noise, 0 to 1
    score float r of what is left, on the scale of base_score
    low float lower end of its 95% interval
    high float upper end
    p float two-sided p of what is left, 1 where nothing is left in the direction of the match
    power float chance that a state which carried the whole match would be seen to take part
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
_TERM = _p("""
    label string* preferred label
    synonyms strings exact synonyms
    definition string text definition, where the ontology gives one
    deprecated boolean the ontology has retired this term
    replaced_by string id of the term to use instead
    version string ontology version
""")

NODES: tuple[NodeSpec, ...] = (
    NodeSpec(
        "Species",
        "A species; id is its NCBI taxon.",
        _p("""
        label string* scientific name
        common_name string common name
    """),
        shared=True,
    ),
    NodeSpec(
        "Gene",
        "A gene; id is ENSEMBL:<stable id without version>.",
        _p("""
        symbol string* HGNC or MGI symbol
        biotype string Ensembl biotype, where a source has it
        in_taxon string* id of the species
    """),
    ),
    NodeSpec(
        "Orthogroup",
        "Genes of several species joined by orthology (connected component of one source).",
        _p("""
        cardinality string one2one, one2many or many2many
        n_genes integer members
    """),
    ),
    NodeSpec("CellType", "Cell Ontology term.", _TERM),
    NodeSpec("Tissue", "UBERON term.", _TERM),
    NodeSpec("Disease", "MONDO term (PATO:0000461 normal included).", _TERM),
    NodeSpec("Assay", "EFO term.", _TERM),
    NodeSpec("LifeStage", "HsapDv or MmusDv term.", _TERM),
    NodeSpec(
        "Dataset",
        "One study's data at one version.",
        _p("""
        title string what it is
        in_taxon string* id of the species
        licence string licence as stated by the authors, or 'none stated'
        redistribute boolean the licence lets others pass the data on
        citation string how to cite
        bank string brain bank or cohort that the donors come from, where it was said
        doi string DOI of the publication
        accession string accession in a public archive
        sha256 strings checksums of the files read
        counts string raw, corrected (fractions declared), log2, or none (table only)
        n_samples integer biological samples
        simulated boolean made by a generator, not measured
        cell_quality strings steps of quality control of single cells in order, with the cells that each took out
    """),
    ),
    NodeSpec(
        "Donor",
        "One animal, person, or pool of persons: the unit of replication.",
        _p("""
        in_taxon string id of the species
        arm string arm of the study
        sex string as stated
        age string as stated
        region string where in the tissue its sample was taken, as stated
        strain string genetic background, as stated
        n_pooled integer persons in a pool; 1 for a donor
    """),
    ),
    NodeSpec(
        "CellPopulation",
        "Cells of one type in one dataset.",
        _p("""
        label string* label of its Cell Ontology term, or the authors' words where the ontology has none
        author_labels strings names in the file that are this population
        in_taxon string* id of the species
        n_cells integer cells with a donor that passed quality control
        n_donors integer donors with a cell of it
        n_removed integer cells with a donor that quality control took out
        network_status string inferred or UNTESTABLE; absent where no network was asked for
        network_reason string why no network could be inferred, and what would let it
        embedding string* name of the space that it has a place in
        centroid floats mean of its cells in that space
        spread float root of the mean squared distance of its cells to the centroid
        place floats the centroid with zeros after it, 512 numbers in all: what the vector index reads; absent where an embedding has more
        counterpart string what corresponds to it in each other species, or that none does, why, and what is nearest
        layout floats UMAP of at most 40 of its cells drawn at random: x, y, x, y and so on; no distance of it is evidence
    """),
    ),
    NodeSpec(
        "Embedding",
        "A space that cells of several species share, with the card of the run that made it.",
        _p("""
        label string* dataset and name
        method string what made it
        version string version of the method
        doi string DOI of the method
        seed integer seed of the run; -1 where its card names none
        gene_embedding string what told the genes' likeness in it
        stand_in boolean orthology stood in for a protein language model
        coverage strings of each species: cells, and the share of its expressed genes with an embedding
        inputs strings of each species: the file that was read, and its sha256
        packages strings versions of what it was computed with
        settings string settings of the run, as JSON
        limits strings what the method does not say
        card string all of that in a line, as every correspondence repeats it
        null_labels string the null of permuted labels
        null_shuffled string the null of shuffled gene embeddings, or that it is missing and what would bring it
        n_controls integer control runs with shuffled gene embeddings
        auroc_of string what MetaNeighbor's AUROC is computed on
        n_cells integer cells with a label
        n_pairs integer pairs of populations of two species that were tested
        taxa strings ids of the species
    """),
    ),
    NodeSpec(
        "DiseaseModel",
        "A mouse model of a disease.",
        _p("""
        label string* common name
        centre string centre that published it, when one name is used by several
        strain string genetic background
        genotype string alleles or transgenes
        control string matched control
        form string familial, late-onset, tau or other
        engineered_genes strings symbols that the model engineers: left out of every score
        url string page of the strain
        in_taxon string id of the species
    """),
        shared=True,
    ),
    NodeSpec(
        "DiseaseState",
        "A human disease with what sets it apart: stage or subtype, and the material.",
        _p("""
        label string* readable name
        disease string* MONDO id
        stage string stage or subtype; empty when none is told apart
        material string bulk tissue or cell type
        in_taxon string id of the species
    """),
        shared=True,
    ),
    NodeSpec(
        "Drug",
        "A compound.",
        _p("""
        label string* name
        clinical_phase string phase reached
        moa strings mechanisms of action
        indication string approved or tested use
    """),
        shared=True,
    ),
    NodeSpec(
        "DrugCondition",
        "A drug at a dose and time in a system.",
        _p("""
        label string* readable name
        dose float amount
        dose_unit string unit of the amount
        time_hours float exposure
        system string cells or organism treated
    """),
        shared=True,
    ),
    NodeSpec(
        "Regulon",
        "A transcription factor with its targets in one network.",
        _p("""
        label string* readable name
        tf string* symbol of the factor
        network string* TRRUST, CollecTRI, DoRothEA, or <dataset>/<network> of one that was inferred
        engine string curated or the method that inferred it
        in_taxon string id of the species
        n_targets integer targets
        derived_by_orthology boolean targets carried over from another species: no independent evidence
        pruned boolean only targets with the factor's motif nearby are left; absent for curated ones
        support float mean share of resamples in which its edges were found; -1 where not asked
        context strings how it was made: motifs, ranking databases, cuts
    """),
    ),
    NodeSpec(
        "GeneModule",
        "A co-expression module.",
        _p("""
        label string* name
        region string brain region it was found in
        cluster string consensus cluster
        n_genes integer members
        in_taxon string id of the species
    """),
    ),
    NodeSpec(
        "Contrast",
        "Case against control in one dataset; vector and noise factor lie in the signature store.",
        _p("""
        label string* readable name
        in_taxon string* id of the species
        case_arm string name of the case arm
        control_arm string name of the control arm
        kind string disease, model, drug or ageing
        measure string composition (cell-type proportions, never matched with expression); empty: expression
        level string what a replicate is: donor, pool, well, culture, lane or cell (both pseudoreplicated), or unknown
        design string strata or formula
        engine string what effect, p and FDR come from; empty: the linear model that vector and noise factor are of, or a table
        n_case integer replicates of the case arm
        n_control integer replicates of the control arm
        noise string kind of the noise factor: donors, pools, wells or cultures (samples of its own), reference or none
        noise_reason string why there is no factor, and what would give one
        df integer residual degrees of freedom of an own factor
        material string bulk tissue or cell type measured
        age string age of the samples
        sex string sex of the samples
        strain string genetic background
        cut string rule by which the table was cut to some genes; empty when it is complete
        universe integer genes tested before the cut; 0 when unknown
        n_genes integer genes with a value
        pooled boolean it asks to be pooled with the cohorts of its state; absent and false: it stands apart, its own row shows its score
        probe boolean it measures the type-I error of the references of the other species; where none does, the strongest contrast
        flags strings doubts that every answer repeats
        sha256 string content hash of vector and factor
    """),
    ),
    NodeSpec(
        "NoiseReference",
        "Healthy samples that say how genes move together in one species and material.",
        _p("""
        label string* readable name
        role string reference (healthy samples) or axes (all samples, residuals of the full model)
        in_taxon string id of the species
        material string bulk tissue or cell type
        level string what a sample is: donor, pool, well or culture
        n_donors integer samples
        df integer residual degrees of freedom
        type_i_error float share called at .05 where nothing can match; -1 when unmeasured
        measured_how string how the error was measured, or 'unmeasured'
        status string calibrated, uncalibrated or unmeasured
        n_axes integer noise axes by parallel analysis
    """),
    ),
    NodeSpec(
        "Match",
        "One mouse contrast against one human state or contrast, with its verdict.",
        _p("""
        level string* gene, module, regulon, activity or rewiring
        policy string* orthology policy
        disease string* disease asked for
        status string* SUPPORTED, NONSPECIFIC, NOT_SUPPORTED, DISCORDANT or UNTESTABLE
        reason string why this status
        flags strings doubts
        score float correlation r of the two vectors; absent where nothing could be scored
        statistic float T, their inner product
        low float lower end of the 95% interval of the score
        high float upper end
        null_mouse string kind of the null on the mouse side
        null_human string kind of the null on the human side
        p float joint two-sided p; absent when UNTESTABLE
        q float Benjamini-Hochberg over the family
        family string what the family is
        family_size integer members tested
        other_families strings the same pair asked under another disease: its q there, and the size of that family
        naive_p float gene-independent p, for comparison only
        exploratory_p float one-sided p given one side; only for UNTESTABLE
        n_features integer shared features
        effective_n float independent features worth as much
        df integer degrees of freedom
        axes_out_score float score with the common noise axes taken out
        axes_out_p float its joint p
        axes integer number of axes taken out
        ceiling float highest score that the noise allows
        corrected_score float score corrected for the noise of both sides; absent where that cannot be measured
        specificity string* tested (another state takes part, or is unlike) or untested
        status_line string the status with what specificity rests on
        model_specificity string tested or untested, by models of other diseases
        all_given_share float share of T that is left given all states that take part together; decides nothing
        all_given_low float lower end of its 95% interval
        all_given_high float upper end
        all_given_states strings those states, the best measured first
        all_given_left_out strings states that take part and cannot be told from these
        reference_ids strings further references that fit
        reference_labels strings their names
        reference_p floats p of the match with the noise of each
        band_policies strings orthology policies
        band_scores floats score under each
        band_p floats p under each; -1 where not tested
        band_statuses strings status under each
        axes_source string samples that the axes come from
        engineered strings symbols left out because a model of either side engineers them
        n_changes integer features that change alike at FDR .05
        rank integer place in its family, best first
        method string name and version of the method
        data_version string version of the signature store
    """),
    ),
    NodeSpec(
        "PublishedResult",
        "An answer that authors published; kept apart from what is computed here.",
        _p("""
        kind string correlation or enrichment
        label string readable name
        model string mouse model, where it has one
        sex string sex
        age string age
        cohort string human cohort, where it has one
        term string gene-set or module
        value float correlation or normalised enrichment score
        p float p as published
        fdr float adjusted p as published
        significant boolean as published
    """),
    ),
    NodeSpec(
        "Source",
        "Where rows come from.",
        _p("""
        label string name
        version string version or commit
        licence string licence as stated
        redistribute boolean the licence lets others pass the data on
        citation string how to cite
        url string address
        status string loaded or missing
        reason string why it is missing
        pending strings relationships of it, as JSON, that wait for an end which is not in the graph
        read_rows integer rows read
        accepted integer rows accepted
        quarantined integer rows quarantined
    """),
    ),
    NodeSpec(
        "Run",
        "One execution of a step; id is made from its inputs, so the same work is the same run.",
        _p("""
        label string what was done
        method string name and version
    """),
    ),
    NodeSpec(
        "Release",
        "A frozen state of the graph.",
        _p("""
        label string name
        data_version string version of the signature store
        graph_version string hash of every node and relationship, save releases and curations
        stamp string hash of what was loaded: sources and their runs
        nodes integer nodes of the graph
        edges integer relationships of the graph
        note string what the release is for
        when string time it was named, ISO 8601 in UTC
    """),
        kept=True,
    ),
    NodeSpec(
        "Curation",
        "What a curator said of a match or a mapping; never changed, and no part of what is computed.",
        _p("""
        about string* id of the match, or subject, predicate and object of the mapping
        kind string match, ortholog or term mapping
        subject string one end of the mapping
        predicate string type of the mapping's relationship
        object string the other end
        verdict string accept, reject or comment
        why string what it is based on
        who string* the curator
        when string time it was said, ISO 8601 in UTC
        supersedes string* id of the curation whose place it takes once it is reviewed
        status string verdict of the match when it was said
        data_version string version of the data that it was said of
        release string release that the curator looked at
    """),
        kept=True,
    ),
    NodeSpec(
        "Review",
        "What another curator said of a curation: accept or reject, once.",
        _p("""
        curation string* id of the curation
        verdict string accept or reject
        why string what it is based on
        who string the reviewer
        when string time of the review, ISO 8601 in UTC
    """),
        kept=True,
    ),
)

_ONTOLOGY = ("CellType", "Tissue", "Disease", "Assay", "LifeStage")
_SAME = tuple((label, label) for label in _ONTOLOGY)

EDGES: tuple[EdgeSpec, ...] = (
    EdgeSpec(
        "ORTHOLOG_OF",
        "Human gene to mouse gene.",
        (("Gene", "Gene"),),
        _p("""
        cardinality string one2one, one2many or many2many
        confidence float 1 high, 0 low, as the source has it; -1 not stated
        identity float percent identity of the proteins; -1 not stated
        version string version of the source
    """),
        ("source",),
    ),
    EdgeSpec("MEMBER_OF", "Gene in an orthogroup or module.", (("Gene", "Orthogroup"), ("Gene", "GeneModule"))),
    EdgeSpec("SUBCLASS_OF", "is_a.", _SAME),
    EdgeSpec("BROADER", "Ancestor by a hierarchy that mixes is_a and part_of.", _SAME, _p("basis string which")),
    EdgeSpec(
        "FROM_DATASET",
        "Contrast, donor, reference or cell population of a dataset.",
        (("Contrast", "Dataset"), ("Donor", "Dataset"), ("NoiseReference", "Dataset"), ("CellPopulation", "Dataset"), ("Embedding", "Dataset")),
    ),
    EdgeSpec(
        "USES_DONOR",
        "Samples of a contrast or a reference.",
        (("Contrast", "Donor"), ("NoiseReference", "Donor")),
        _p("arm string case, control, healthy, all, or fitted (enters an effect by a term of its design that arms share)"),
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
        _p("method string how the authors' word was found in the ontology: id, label, synonym, mapping, or broad mapping (to a wider term)"),
    ),
    EdgeSpec(
        "CORRESPONDS_TO",
        "Cell populations of two species, compared in a space that both share, or put together by a published table; the smaller species id first. Every pair of an embedding: the status tells which correspond.",
        (("CellPopulation", "CellPopulation"),),
        _p("""
        status string COUNTERPART (each other's best, at FDR .05 by every null at hand), NONE, or UNTESTABLE (a side has too few cells)
        called boolean the status is COUNTERPART
        score float share of cross-species neighbours that are of the other, geometric mean of both directions, 0 to 1
        p float by permuted labels
        q float Benjamini-Hochberg over all tested pairs of the embedding
        null string what is permuted
        p_shuffled float rank among the reciprocal pairs of control runs with shuffled gene embeddings, of the score where no label has touched the cells; 1 where the pair is not reciprocal there, absent without a control
        q_shuffled float Benjamini-Hochberg, adaptive, over the populations of the smaller side, each with its reciprocal pair
        null_shuffled string how many control runs and pairs, or that there is none
        reciprocal boolean each has no better score in the other's species
        auroc float MetaNeighbor, 0 to 1; absent where a species has one population
        auroc_of string what the AUROC is computed on
        agrees boolean both scores call them counterparts, or neither; absent where one says nothing
        published string what a table of the authors says of the pair: the same type, or different ones; absent where there is none
        published_by string whose table
        method string method that made the embedding, and that of the score
        embedding string name of the space, or of the table
        gene_embedding string what told the genes' likeness in it
        card string the run that made the embedding: version, seed, coverage, checksums
    """),
        ("embedding",),
    ),
    EdgeSpec(
        "HAS_MARKER",
        "Gene that a list of markers names for a cell type; of a population where the list's words are no Cell Ontology term.",
        (("CellType", "Gene"), ("CellPopulation", "Gene")),
        _p("""
        author_labels strings what the list calls the cell type
        method string how that was found in the ontology: id, label, synonym, mapping, broad mapping or none
        canonical boolean the list calls it a canonical marker
        ubiquitousness float share of all cells that express it, 0 to 1; absent where not stated
        sensitivity float share of cells of the type that express it in this species, 0 to 1; absent where not stated
        specificity float share of cells of other types that express it in this species, as the list has it; absent where not stated
        organ string as the list has it
    """),
        ("source",),
    ),
    EdgeSpec(
        "IN_EMBEDDING",
        "Population with a place in a space.",
        (("CellPopulation", "Embedding"),),
    ),
    EdgeSpec(
        "SAME_POPULATION",
        "The cells of a population in an embedding or a published table, as the population of the dataset that they are of.",
        (("CellPopulation", "CellPopulation"),),
        _p("basis string how it is known"),
    ),
    EdgeSpec("IN_POPULATION", "Cells that a contrast compares.", (("Contrast", "CellPopulation"),)),
    EdgeSpec(
        "CHANGES_PROPORTION",
        "Change of a population's share of all cells, of a contrast of composition; every population tested.",
        (("Contrast", "CellPopulation"),),
        _p("""
        effect float log2 change of its centred log-ratio
        z float effect in units of its own noise
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
        _p("""
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
        _p("""
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
        _p("""
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
        _p("""
        arm string arm that is shared, or what else of them is
        n_shared integer samples shared; -1 not known
        basis string how it is known: donors, arm (of the same name in one dataset), declared or likeness (of their vectors)
    """),
    ),
    EdgeSpec(
        "MATCH_OF", "The two sides of a match.", (("Match", "Contrast"),), _p("side string mouse or human"), ("side",)
    ),
    EdgeSpec(
        "SUPPORTED_BY",
        "Feature that changes on both sides.",
        (("Match", "Gene"), ("Match", "Regulon"), ("Match", "GeneModule")),
        _p("""
        direction string up or down
        contribution float its part of T; the parts sum to T
        z_mouse float centred effect of the model side over its own noise
        z_human float centred effect of the human side over its own noise
        p float larger one-sided p in the shared direction
        q float Benjamini-Hochberg over the features tested
        measured boolean the factor of the regulon is measured on both sides
        left_given strings states that take part, given which it still changes alike
        label string symbol or name of the feature
        rank integer place, surest first
    """),
    ),
    EdgeSpec(
        "COHORT",
        "One cohort of the pooled human side, alone.",
        (("Match", "Contrast"),),
        _p("""
        score float r
        p float joint two-sided p
        status string pooled, or why not
        null string kind of its null
        rank integer place
    """),
    ),
    EdgeSpec("GIVEN", "Another state in the match, and what is left of the match given it.", (("Match", "DiseaseState"),), _GIVEN),
    EdgeSpec("GIVEN_MODEL", "A model of another disease in the match, and what is left given it.", (("Match", "Contrast"),), _GIVEN),
    EdgeSpec(
        "RESULT_OF",
        "Published result about a model, module or disease.",
        (("PublishedResult", "DiseaseModel"), ("PublishedResult", "GeneModule"), ("PublishedResult", "Disease")),
    ),
    EdgeSpec(
        "ABOUT",
        "What a curation is about: a match, or both ends of a mapping.",
        tuple(("Curation", label) for label in ("Match", "Gene", "Contrast", "CellPopulation", "NoiseReference", "GeneModule", "DiseaseModel",
                                                "DiseaseState", "CellType", "Tissue", "Disease")),
        _p("role string match, subject or object"),
        ("role",),
    ),
    EdgeSpec("SUPERSEDES", "An earlier curation of the same.", (("Curation", "Curation"),)),
    EdgeSpec("REVIEWS", "The curation that was reviewed.", (("Review", "Curation"),)),
    EdgeSpec("WAS_GENERATED_BY", "Node made by a run.", (("Match", "Run"), ("Contrast", "Run"))),
)

NODE_BY_LABEL = {spec.label: spec for spec in NODES}
EDGE_BY_TYPE = {spec.type: spec for spec in EDGES}
