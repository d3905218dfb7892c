"""Ways from one label to another that a reader may follow, and what a list of a label may be narrowed by.

Declared once; ``kg.read.nodes`` makes the Cypher. Types, labels and properties are those of ``kg.schema`` (a test holds
it).
"""

from dataclasses import dataclass
from typing import Literal

Direction = Literal["out", "in", "both"]


@dataclass(frozen=True)
class Key:
    """One part of a sort key: a property of the node ``n`` or of the relationship ``r``; ``absent`` stands for none,
    and for what is of no kind to sort by, so that every row has a place that can be asked from.
    ``down``: largest first; ``size``: by absolute value."""

    var: Literal["n", "r"]
    name: str
    absent: str | float = ""
    down: bool = False
    size: bool = False

    @property
    def text(self) -> str:
        kind = "toStringOrNull" if isinstance(self.absent, str) else "toFloatOrNull"
        value = f"coalesce({kind}({self.var}.{self.name}), {self.absent!r})"
        value = f"abs({value})" if self.size else value
        return f"-{value}" if self.down else value


@dataclass(frozen=True)
class Link:
    """From ``source`` by any of ``types`` to ``target``; ``side`` tells apart the two sides of a match."""

    source: str
    name: str
    types: tuple[str, ...]
    target: str
    direction: Direction = "out"
    order: tuple[Key, ...] = ()
    side: str = ""

    @property
    def pattern(self) -> str:
        """From ``p`` over ``r`` to ``n``."""
        side = f" {{side: '{self.side}'}}" if self.side else ""
        middle = f"-[r:{'|'.join(self.types)}{side}]-"
        left, right = ("<", "") if self.direction == "in" else ("", ">" if self.direction == "out" else "")
        return f"(p){left}{middle}{right}(n:{self.target})"


ID = Key("n", "id")
LABEL = (Key("n", "label"), ID)
SYMBOL = (Key("n", "symbol"), ID)
GENE_CHANGES = (Key("r", "moderated", 0.0, down=True, size=True), ID)
CHANGES = (Key("r", "z", 0.0, down=True, size=True), ID)
REGULON_CHANGES = (*CHANGES, Key("r", "kind"))
ORDER: dict[str, tuple[Key, ...]] = {
    "Dataset": (ID,),
    "Gene": SYMBOL,
    "Contrast": (ID,),
    "Source": (ID,),
    "Release": (ID,),
    "Submission": (Key("n", "number", 0, down=True), ID),
}
"""How lists of a label are sorted; by label otherwise, and then by id."""


def order_of(label: str) -> tuple[Key, ...]:
    return ORDER.get(label, LABEL)


def _links() -> tuple[Link, ...]:
    """``source.name TYPE[|TYPE] direction target``, one a line; sorted as lists of the target are."""
    text = """
        Species.datasets IN_SPECIES in Dataset
        Species.models IN_SPECIES in DiseaseModel
        CellType.parents SUBCLASS_OF out CellType
        CellType.children SUBCLASS_OF in CellType
        CellType.contrasts OF_TYPE in Contrast
        Tissue.parents SUBCLASS_OF|BROADER out Tissue
        Tissue.children SUBCLASS_OF|BROADER in Tissue
        Tissue.contrasts IN_TISSUE in Contrast
        Disease.parents SUBCLASS_OF out Disease
        Disease.children SUBCLASS_OF in Disease
        Disease.models MODELS in DiseaseModel
        Disease.states HAS_DISEASE in DiseaseState
        DiseaseModel.diseases MODELS out Disease
        DiseaseModel.contrasts OF_MODEL in Contrast
        DiseaseState.diseases HAS_DISEASE out Disease
        DiseaseState.contrasts OF_STATE in Contrast
        Drug.targets TARGETS out Gene
        Drug.conditions USES_DRUG in DrugCondition
        DrugCondition.drugs USES_DRUG out Drug
        DrugCondition.contrasts OF_CONDITION in Contrast
        Dataset.species IN_SPECIES out Species
        Dataset.contrasts FROM_DATASET in Contrast
        Dataset.atlas_versions CONTAINS in AtlasVersion
        AtlasVersion.atlases HAS_VERSION in Atlas
        AtlasVersion.parents PARENT_VERSION out AtlasVersion
        AtlasVersion.datasets CONTAINS out Dataset
        AtlasVersion.mappings MAPPED_TO in Mapping
        AtlasVersion.branches HEAD_OF out AtlasBranch
        AtlasVersion.tags TAGS in AtlasTag
        AtlasVersion.submissions MERGED_FROM out Submission
        Atlas.branches BRANCH_OF in AtlasBranch
        AtlasBranch.atlases BRANCH_OF out Atlas
        AtlasBranch.heads HEAD_OF in AtlasVersion
        AtlasBranch.bases CUT_AT out AtlasVersion
        AtlasTag.versions TAGS out AtlasVersion
        Submission.bases PROPOSED_FOR out AtlasVersion
        Submission.versions MERGED_FROM in AtlasVersion
        Submission.datasets CONTAINS out Dataset
        Mapping.versions MAPPED_TO out AtlasVersion
        Mapping.datasets FROM_DATASET out Dataset
        Dataset.mappings FROM_DATASET in Mapping
        Contrast.datasets FROM_DATASET out Dataset
        Contrast.cell_types OF_TYPE out CellType
        Contrast.tissues IN_TISSUE out Tissue
        Contrast.models OF_MODEL out DiseaseModel
        Contrast.states OF_STATE|POOL_OF out DiseaseState
        Contrast.conditions OF_CONDITION out DrugCondition
        Contrast.cohorts POOLS out Contrast
        Contrast.pools POOLS in Contrast
        Regulon.factors HAS_TF out Gene
        Gene.factor_of HAS_TF in Regulon
        CellPopulation.cell_types OF_TYPE out CellType
        CellPopulation.datasets FROM_DATASET out Dataset
        CellPopulation.spaces IN_EMBEDDING out Embedding
        CellPopulation.contrasts IN_POPULATION in Contrast
        CellPopulation.same SAME_POPULATION both CellPopulation
        Embedding.populations IN_EMBEDDING in CellPopulation
        Embedding.datasets FROM_DATASET out Dataset
        Contrast.populations IN_POPULATION out CellPopulation
        CellPopulation.tissues IN_TISSUE out Tissue
        CellPopulation.regulons INFERRED_IN in Regulon
        Regulon.populations INFERRED_IN out CellPopulation
    """
    made: list[Link] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, types, direction, target = line.split()
        source, _, field = name.partition(".")
        made.append(Link(source, field, tuple(types.split("|")), target, direction, order_of(target)))  # type: ignore[arg-type]
    return tuple(made)


LINKS: dict[tuple[str, str], Link] = {
    (link.source, link.name): link
    for link in (
        *_links(),
        Link("Gene", "orthologs", ("ORTHOLOG_OF",), "Gene", "both", (*SYMBOL, Key("r", "source"))),
        Link("Gene", "regulons", ("REGULATES",), "Regulon", "in", (Key("r", "support", 0, down=True), *LABEL)),
        Link("Gene", "changes", ("CHANGES_GENE",), "Contrast", "in", GENE_CHANGES),
        Link("Gene", "leads", ("SUPPORTED_BY",), "Match", "in", (Key("r", "rank", 0), ID)),
        Link("Regulon", "leads", ("SUPPORTED_BY",), "Match", "in", (Key("r", "rank", 0), ID)),
        Link("Contrast", "matches", ("MATCH_OF",), "Match", "in", (Key("n", "p", 1.0), ID)),
        Link("Regulon", "targets", ("REGULATES",), "Gene", "out", (Key("r", "support", 0, down=True), *SYMBOL)),
        Link(
            "CellPopulation",
            "correspondences",
            ("CORRESPONDS_TO",),
            "CellPopulation",
            "both",
            (Key("r", "score", 0.0, down=True), *LABEL),
        ),
        *(
            Link(
                source,
                "markers",
                ("HAS_MARKER",),
                "Gene",
                "out",
                (Key("r", "sensitivity", 0.0, down=True), *SYMBOL, Key("r", "source")),
            )
            for source in ("CellType", "CellPopulation")
        ),
        Link("Contrast", "changes", ("CHANGES_GENE",), "Gene", "out", GENE_CHANGES),
        Link("Contrast", "regulon_changes", ("CHANGES_REGULON",), "Regulon", "out", REGULON_CHANGES),
        Link("Regulon", "changes", ("CHANGES_REGULON",), "Contrast", "in", REGULON_CHANGES),
        Link("Contrast", "proportions", ("CHANGES_PROPORTION",), "CellPopulation", "out", CHANGES),
        Link("CellPopulation", "proportions", ("CHANGES_PROPORTION",), "Contrast", "in", CHANGES),
        Link("Atlas", "versions", ("HAS_VERSION",), "AtlasVersion", "out", (Key("n", "when"), ID)),
        Link("Match", "mouse_contrast", ("MATCH_OF",), "Contrast", "out", (ID,), "mouse"),
        Link("Match", "human_contrast", ("MATCH_OF",), "Contrast", "out", (ID,), "human"),
    )
}

FILTERS: dict[str, dict[str, str]] = {
    "Contrast": {
        "model": "models",
        "state": "states",
        "cell_type": "cell_types",
        "tissue": "tissues",
        "dataset": "datasets",
        "taxon": "",
        "kind": "",
        "noise": "",
        "measure": "",
    },
    "CellPopulation": {"cell_type": "cell_types", "dataset": "datasets", "taxon": ""},
    "Atlas": {"taxon": ""},
    "Submission": {"atlas": "", "status": ""},
    "Dataset": {"taxon": ""},
    "DiseaseModel": {"disease": "diseases", "taxon": ""},
    "DiseaseState": {"disease": "diseases"},
    "DrugCondition": {"drug": "drugs"},
    "Regulon": {"tf": "", "network": "", "taxon": ""},
    "Source": {"status": ""},
}
"""Label -> name of a filter -> the link that it follows, or empty for a property of the node itself."""
PROPERTY = {"taxon": "in_taxon"}

FEEDS: dict[str, tuple[str, ...]] = {
    "Gene": ("genes",),
    "ORTHOLOG_OF": ("orthologs/",),
    "CellType": ("ontology/CL",),
    "Tissue": ("ontology/UBERON",),
    "Disease": ("ontology/MONDO",),
    "REGULATES": ("trrust/", "collectri", "dorothea", "dataset/"),
    "Regulon": ("trrust/", "collectri", "dorothea", "dataset/"),
    "Drug": ("drugs",),
    "TARGETS": ("drugs",),
    "DiseaseModel": ("models",),
    "MODELS": ("models",),
    "Dataset": ("dataset/",),
    "Contrast": ("dataset/",),
    "DiseaseState": ("dataset/",),
    "OF_MODEL": ("dataset/",),
    "OF_STATE": ("dataset/",),
    "FROM_DATASET": ("dataset/",),
    "OF_TYPE": ("dataset/",),
    "IN_TISSUE": ("dataset/",),
    "HAS_MARKER": ("dataset/",),
    "CHANGES_REGULON": ("dataset/",),
    "CHANGES_PROPORTION": ("dataset/",),
    "IN_POPULATION": ("dataset/",),
    "INFERRED_IN": ("dataset/",),
}
"""Label or relationship -> how the ids of the sources begin that bring it: what is missing when one is not loaded."""
