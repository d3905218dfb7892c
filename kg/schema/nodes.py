"""Nodes of the graph, declared once."""

from kg.schema.kinds import KINDS
from kg.schema.match import MatchRecord
from kg.schema.spec import NodeSpec, Property, properties
from kg.schema.told import stored_as

_TERM = properties("""
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
        properties("""
        label string* scientific name
        common_name string common name
    """),
        shared=True,
    ),
    NodeSpec(
        "Gene",
        "A gene; id is ENSEMBL:<stable id without version>.",
        properties("""
        symbol string* HGNC or MGI symbol
        biotype string Ensembl biotype, where a source has it
        in_taxon string* id of the species
    """),
    ),
    NodeSpec(
        "Orthogroup",
        "Genes of several species joined by orthology (connected component of one source).",
        properties("""
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
        properties("""
        title string what it is
        in_taxon string* id of the species
        licence string licence as stated by the authors, or 'none stated'
        redistribute boolean the licence allows redistribution
        citation string how to cite
        bank string brain bank or cohort that the donors come from, where it was said
        doi string DOI of the publication
        accession string accession in a public archive
        sha256 strings checksums of the files read
        counts string raw, corrected (fractions declared), log2, or none (table only)
        n_samples integer biological samples
        simulated boolean made by a generator, not measured
        cell_quality strings steps of single-cell quality control in order, with the number of cells that each removed
    """),
    ),
    NodeSpec(
        "Donor",
        "One animal, person, or pool of persons: the unit of replication.",
        properties("""
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
        properties("""
        label string* label of its Cell Ontology term, or the authors' words where the ontology has none
        author_labels strings names in the file that are this population
        in_taxon string* id of the species
        n_cells integer cells with a donor that passed quality control
        n_donors integer donors with a cell of it
        n_removed integer cells with a donor that were removed by quality control
        network_status string inferred or UNTESTABLE; absent where no network was asked for
        network_reason string why no network could be inferred, and what would make it possible
        embedding string* name of the space that it has a place in
        centroid floats mean of its cells in that space
        spread float root of the mean squared distance of its cells to the centroid
        place floats the centroid with zeros after it, 512 numbers in all: what the vector index reads; absent where an
            embedding has more
        counterpart string what corresponds to it in each other species, or that none does, why, and what is nearest
        layout floats UMAP of at most 40 of its cells drawn at random: x, y, x, y and so on; no distance of it is
            evidence
    """),
    ),
    NodeSpec(
        "Embedding",
        "An embedding shared by cells of several species, with the card of the run that made it.",
        properties("""
        label string* dataset and name
        method string what made it
        version string version of the method
        doi string DOI of the method
        seed integer seed of the run; -1 where its card names none
        gene_embedding string source of the similarity of genes in it
        stand_in boolean orthology was used as a stand-in for a protein language model
        coverage strings of each species: cells, and the share of its expressed genes with an embedding
        inputs strings of each species: the file that was read, and its sha256
        packages strings versions of what it was computed with
        settings string settings of the run, as JSON
        limits strings limits of the method
        card string all of this in one line, as repeated by every correspondence
        null_labels string the null of permuted labels
        null_shuffled string the null of shuffled gene embeddings, or that it is missing and how to make it
        n_controls integer control runs with shuffled gene embeddings
        auroc_of string what MetaNeighbor's AUROC is computed on
        n_cells integer cells with a label
        n_pairs integer pairs of populations of two species that were tested
        taxa strings ids of the species
        condition string what all its cells are of: PATO:0000461 (healthy), or id of a disease; absent where not told
            apart
    """),
    ),
    NodeSpec(
        "DiseaseModel",
        "A mouse model of a disease.",
        properties("""
        label string* common name
        centre string centre that published it, if several use one name
        strain string genetic background
        genotype string alleles or transgenes
        control string matched control
        form string familial, late-onset, tau or other
        engineered_genes strings symbols of the genes engineered in the model; left out of every score
        url string page of the strain
        in_taxon string id of the species
    """),
        shared=True,
    ),
    NodeSpec(
        "DiseaseState",
        "A human disease with what sets it apart: stage or subtype, and the material.",
        properties("""
        label string* readable name
        disease string* MONDO id
        stage string stage or subtype; empty if none is distinguished
        material string bulk tissue or cell type
        in_taxon string id of the species
    """),
        shared=True,
    ),
    NodeSpec(
        "Drug",
        "A compound.",
        properties("""
        label string* name
        xrefs strings ids in ChEBI, PubChem or ChEMBL, the one that exports prefer first; absent where none is known
        clinical_phase string phase reached
        moa strings mechanisms of action
        indication string approved or tested use
    """),
        shared=True,
    ),
    NodeSpec(
        "DrugCondition",
        "A drug at a dose and time in a system.",
        properties("""
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
        properties("""
        label string* readable name
        tf string* symbol of the factor
        network string* TRRUST, CollecTRI, DoRothEA, or <dataset>/<network> of one that was inferred
        engine string curated or the method that inferred it
        in_taxon string id of the species
        n_targets integer targets
        derived_by_orthology boolean targets transferred from another species: not independent evidence
        pruned boolean only targets with the factor's motif nearby were kept; absent for curated ones
        support float mean share of resamples in which its edges were found; -1 if not computed
        context strings how it was made: motifs, ranking databases, cuts
    """),
    ),
    NodeSpec(
        "GeneModule",
        "A co-expression module.",
        properties("""
        label string* name
        region string brain region it was found in
        cluster string consensus cluster
        n_genes integer members
        in_taxon string id of the species
    """),
    ),
    NodeSpec(
        "Contrast",
        "Case against control in one dataset; vector and noise factor are in the signature store.",
        properties(f"""
        label string* readable name
        in_taxon string* id of the species
        case_arm string name of the case arm
        control_arm string name of the control arm
        kind string {", ".join(KINDS)}; pool: the cohorts of a state together
        measure string composition (cell-type proportions, never matched with expression); empty: expression
        level string what a replicate is: donor, pool, well, culture, lane or cell (both pseudoreplicated), or unknown
        design string strata or formula
        engine string what effect, p and FDR come from; empty: the linear model that vector and noise factor are of, or
            a table
        n_case integer replicates of the case arm
        n_control integer replicates of the control arm
        noise string kind of the noise factor: donors, pools, wells or cultures (samples of its own), reference or none
        noise_reason string why there is no noise factor, and what would provide one
        df integer residual degrees of freedom of a noise factor from its own samples
        material string bulk tissue or cell type measured
        age string age of the samples
        sex string sex of the samples
        strain string genetic background
        cut string rule by which the table was cut to some of the genes; empty if complete
        universe integer genes tested before the cut; 0 when unknown
        n_genes integer genes with a value
        pooled boolean it asks to be pooled with the cohorts of its state; absent and false: it stands apart, its own
            row shows its score
        probe boolean it measures the type-I error of the references of the other species; where none does, the
            strongest contrast
        flags strings caveats repeated in every answer
        sha256 string content hash of vector and factor
    """),
    ),
    NodeSpec(
        "NoiseReference",
        "Healthy samples that say how genes move together in one species and material.",
        properties("""
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
        (*stored_as(MatchRecord), Property("rank", "integer", "place in its family, best first")),
    ),
    NodeSpec(
        "PublishedResult",
        "An answer that authors published; kept apart from what is computed here.",
        properties("""
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
        properties("""
        label string name
        version string version or commit
        licence string licence as stated
        redistribute boolean the licence allows redistribution
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
        properties("""
        label string what was done
        method string name and version
    """),
    ),
    NodeSpec(
        "Release",
        "A frozen state of the graph.",
        properties("""
        label string name
        data_version string version of the signature store
        graph_version string hash of every node and relationship, save releases, curations and atlases
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
        "A curator's verdict on a match or a mapping; never changed, and kept separate from computed results.",
        properties("""
        about string* id of the match, or subject, predicate and object of the mapping
        kind string match, ortholog or term mapping
        subject string one end of the mapping
        predicate string type of the mapping's relationship
        object string the other end
        verdict string accept, reject or comment
        why string what it is based on
        who string* the curator
        when string time of the curation, ISO 8601 in UTC
        supersedes string* id of the curation that it replaces once it is reviewed
        status string status of the match at that time
        data_version string version of the data that it refers to
        release string release that the curator saw
    """),
        kept=True,
    ),
    NodeSpec(
        "Review",
        "A curator's review of somebody else's curation, or of a submission to an atlas.",
        properties("""
        curation string* id of the curation
        submission integer* number of the submission; absent for a curation
        verdict string accept or reject
        why string what it is based on
        who string the reviewer
        verified boolean whether the reviewer was authenticated by a token; absent for a curation
        own boolean whether the reviewer is the author of the submission; absent for a curation
        override strings ids of overridden gates of the submission; absent for a curation
        when string time of the review, ISO 8601 in UTC
    """),
        kept=True,
    ),
    NodeSpec(
        "Atlas",
        "A reference built from studies, to which small studies are mapped; one of its versions is its head.",
        properties("""
        label string name
        in_taxon string id of the species
        head string id of its current version
        moved string time at which that version became the head, ISO 8601 in UTC
    """),
        kept=True,
    ),
    NodeSpec(
        "AtlasVersion",
        "One state of an atlas, never changed: a manifest of objects stored outside the graph, and its author.",
        properties("""
        label string name of the atlas, and the first twelve digits of the id
        atlas string* name of the atlas
        in_taxon string id of the species
        content string hash of the manifest; equal for versions with the same objects
        parent string id of the version before it; empty for the first
        author string who committed it
        orcid string ORCID iD of the author
        message string what is new in it
        when string time of the commit, ISO 8601 in UTC
        engine string mapping engine and its version
        n_studies integer number of studies
        n_donors integer number of donors; 0 if no study names its donors
        n_cells integer number of cells
        n_types integer number of cell types
        datasets strings ids of the datasets of its studies
        branch string line or view it was committed to; absent: main
        merged string id of the version of another branch that it merged; empty if none
        submission integer number of the submission that it accepted; 0 if none
        caveats strings notes shown with every answer: reviewed by its author, overridden gates, provisional types
    """),
        kept=True,
    ),
    NodeSpec(
        "AtlasBranch",
        "A line of versions other than main, or a view: a filtered part of an atlas. main has no node.",
        properties("""
        label string name of the atlas, a slash, and the name of the branch
        atlas string name of the atlas
        in_taxon string id of the species
        kind string line or view
        head string id of its head version
        base string id of the version it was created at; for a view, the version it is pinned to
        above string id of its parent branch; empty: main
        filter string JSON, for a view: what it selects by organ, type, genotype, disease, drug and species
        author string who created it
        when string time of creation, ISO 8601 in UTC
    """),
        kept=True,
    ),
    NodeSpec(
        "AtlasTag",
        "A permanent name of a version of an atlas.",
        properties("""
        label string name of the atlas, an at sign, and the name of the tag
        atlas string name of the atlas
        in_taxon string id of the species
        version string id of the version
        author string who created it
        when string time of creation, ISO 8601 in UTC
    """),
        kept=True,
    ),
    NodeSpec(
        "Submission",
        "Studies proposed for an atlas, checked against one of its versions.",
        properties("""
        label string its number and its studies
        number integer consecutive number over all atlases, from 1
        atlas string name of the atlas
        branch string target line or view
        in_taxon string id of the species
        base string id of the version that it was checked against
        content string content id of the proposed manifest
        report string sha256 of the report of its gates
        author string who submitted it
        orcid string ORCID iD of the author
        verified boolean whether the author was authenticated by a token
        message string what is new in it
        when string time it was submitted, ISO 8601 in UTC
        status string failed (a gate blocks), underpowered (too few donors to judge) or passed, which are open;
            accepted, refused (by a reviewer) or withdrawn (by its author)
        closed string time it was accepted, refused or withdrawn; empty while it is open
        version string id of the version it became; empty before
        donors integer number of donors of its studies
        cells integer number of cells of its studies
        datasets strings ids of the datasets of its studies
        rechecked strings time of each check after the first, ISO 8601 in UTC; a review counts for the check before it
        earlier strings sha256 of the report that each of these replaced, oldest first
    """),
        kept=True,
    ),
    NodeSpec(
        "Mapping",
        "A study mapped to a version of an atlas, which assigned its cell types, with the verdict on the study.",
        properties("""
        label string the study, and the version it is mapped to
        in_taxon string id of the species
        controls string near, far or not testable: whether its controls are in the range of the atlas's healthy donors
        provisional boolean whether its labels are provisional, because its controls are far
        gene_weight float share of the space's gene weights that it measured, 0 to 1
        n_cells integer number of cells
        n_type integer cells assigned one type
        n_ancestor integer cells assigned a node above the types
        n_ambiguous integer cells whose possible types share no node
        n_unknown integer cells outside the reference, together with their neighbours
        n_low_quality integer cells excluded by the policy of the atlas
        reasons strings the verdict on the study, in words
    """),
    ),
    NodeSpec(
        "Job",
        "A long-running task in a process of its own; its files and results are stored outside the graph. Not"
        " included in releases, exports and backups.",
        properties("""
        kind string kind of the task
        state string* queued, running, done, failed or cancelled
        owner string* sixteen digits of a hash of the owner's name
        submitted string time of submission, ISO 8601 in UTC
        started string time its last attempt started
        ended string time it ended
        attempt integer number of attempts started
        lost integer weighted count of silent failures since the last progress
        lease string time until which its worker owns it
        worker string host and process of the worker that owns it; empty if none does
        done integer finished steps
        total integer number of steps; 0 if unknown
        version string version of the atlas, or hash of the graph's contents, that the answer is based on
        code string code of its error
        key string* hash of owner, kind, arguments, files and versions, so that the same job is not run again
    """),
        kept=True,
        passing=True,
    ),
)

LASTING = tuple(spec for spec in NODES if not spec.passing)
"""The labels that releases, exports and backups contain."""
NODE_BY_LABEL = {spec.label: spec for spec in NODES}
