"""The manifest: one YAML file by which a dataset enters the graph.

    schema: 1
    dataset: {id: my-study, title: Tau mice, cortex, taxon: "NCBITaxon:10090", licence: CC BY 4.0, ...}
    material: {kind: bulk, tissue: "UBERON:0000956"}
    table: {file: results.csv, columns: {gene: symbol, effect: log2FC, p: pvalue}, gene_id: symbol}
    contrasts:
      - {id: tau, label: tau against wild type, kind: model, model: "orthokg:model/rtg4510"}

``table`` is a finished table of differential expression; ``counts`` is a matrix with a sample sheet, of which the
product makes contrast, vector and noise factor itself; ``cells`` is a file of single cells, summed by donor and cell
type, of which each contrast is made once for every cell population; ``markers`` is a list of marker genes;
``embedding`` is a space that cells of several species share. What stands at the top is the default of every contrast,
which may override parts of ``table``, ``material``, ``sex``, ``age`` and ``strain``. ``manifest.schema.json`` is
generated from these classes.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, ValidationError, model_validator
from pydantic.json_schema import SkipJsonSchema

from ingest.manifest.blocks import (
    AxesSpec,
    ContrastSpec,
    Counts,
    DatasetFacts,
    GeneTable,
    Material,
    ModelSpec,
    ReferenceSpec,
    Strict,
    Table,
)
from ingest.manifest.cell_blocks import Cells, EmbeddingSpec, MarkerSpec, NetworkSpec, PublishedTypes
from ingest.manifest.terms import term_issues
from ingest.manifest.typed_yaml import Plain, number, read_yaml, text_of
from kg.curie import local
from kg.errors import ContractError, Issue
from kg.names.species import SPECIES

SCHEMA_FILE = Path(__file__).parents[1] / "manifest.schema.json"
BUNDLED = Path(__file__).parents[1] / "manifests"
FILL = "FILL:"


class Manifest(Strict):
    schema_: Literal[1] = Field(alias="schema")
    dataset: DatasetFacts
    material: Material
    sex: str = ""
    age: str = ""
    strain: str = ""
    genes: GeneTable | None = None
    table: Table | None = None
    counts: Counts | None = None
    cells: Cells | None = None
    models: list[ModelSpec] = Field([])
    networks: list[NetworkSpec] = Field([])
    markers: MarkerSpec | None = None
    embedding: EmbeddingSpec | None = None
    published_types: PublishedTypes | None = None
    contrasts: list[ContrastSpec] = Field([])
    reference: ReferenceSpec | None = None
    axes: AxesSpec | None = None
    keep: list[str] = Field(
        [],
        description=(
            "words that stand for nothing elsewhere (unknown, Negative, doublet, ...) and name a donor or a cell type"
            " here"
        ),
    )
    checksums: dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = Field({}, description="file -> sha256")
    folder: SkipJsonSchema[Path | None] = Field(None, exclude=True)

    @model_validator(mode="after")
    def _ids_differ(self) -> "Manifest":
        for what, ids in (("contrast", [c.id for c in self.contrasts]), ("network", [n.id for n in self.networks])):
            if twice := sorted({i for i in ids if ids.count(i) > 1}):
                raise ValueError(f"{what} ids must differ: {', '.join(twice)} is there twice")
        return self

    @model_validator(mode="after")
    def _genes_are_missed(self) -> "Manifest":
        species = SPECIES.get(self.dataset.taxon)
        if self.genes and species and species.genes:
            raise ValueError(f"genes of {species.name} are among the sources: leave `genes` out")
        return self

    @property
    def reads_genes(self) -> bool:
        """Some file of it names genes."""
        return any((self.contrasts, self.counts, self.cells, self.networks, self.markers))

    def table_of(self, contrast: ContrastSpec) -> Table | None:
        """The table of a contrast with the manifest's defaults; None where it comes from counts or cells."""
        if contrast.table is None and (self.counts or self.cells or self.table is None):
            return None
        return _merged(Table, self.table, contrast.table)

    def material_of(self, contrast: ContrastSpec) -> Material:
        return _merged(Material, self.material, contrast.material)

    def contrast_id(self, contrast: ContrastSpec) -> str:
        return f"orthokg:contrast/{self.dataset.id}/{contrast.id}"

    @property
    def dataset_id(self) -> str:
        return local("dataset", self.dataset.id)

    def files(self) -> list[str]:
        """Every file that the manifest names, once, in order."""
        names = [self.genes.file] if self.genes else []
        names += [] if self.counts is None else [self.counts.matrix, self.counts.samples]
        if c := self.cells:
            network = [c.grn.tfs, *c.grn.rankings, c.grn.motifs] if c.grn else []
            names += [name for name in (c.file, c.genes, c.barcodes, c.obs, *network) if name]
        tables = [t for c in self.contrasts if (t := self.table_of(c))]
        names += [name for t in tables for name in (t.file, t.expressing) if name]
        names += [network.file for network in self.networks]
        names += [self.markers.file] if self.markers else []
        names += [name for e in (self.embedding,) if e for name in (e.file, e.card, *e.controls) if name]
        names += [table.file for table in self.published_types.tables] if self.published_types else []
        return list(dict.fromkeys(names))


_Block = TypeVar("_Block", bound=Strict)


def _merged(kind: type[_Block], top: _Block | None, own: _Block | None) -> _Block:
    data = {} if top is None else {k: getattr(top, k) for k in top.model_fields_set}
    data |= {} if own is None else {k: getattr(own, k) for k in own.model_fields_set}
    return kind(**data)


_FIX = {
    "missing": "add it",
    "extra_forbidden": "remove it, or see the field names in manifest.schema.json",
    "string_pattern_mismatch": "write it in the form of the rule",
    "literal_error": "use one of these",
    "string_type": "put it in quotes",
    "int_type": "write a whole number, such as 12, without quotes",
    "float_type": "write a number, such as 0.5, without quotes",
    "bool_type": "write true or false",
    "model_type": "write a mapping here, one `field: value` a line",
    "list_type": "write a list here, [a, b]",
}


def read(path: Path, *, cells_alone: bool = False) -> Manifest:
    """Read and check a manifest. ``cells_alone``: it may bring nothing but cells, as a study of an atlas.

    Raises:
        ContractError: with every problem found (path in the manifest, rule, what was found, fix); code MANIFEST.
    """
    raw = _yaml(path)
    issues = [
        Issue(
            f"{path.name}: {where}",
            "what a draft could not know is filled in",
            FILL,
            value[len(FILL) :].strip(),
        )
        for where, value in _leaves(raw)
        if isinstance(value, str) and value.startswith(FILL)
    ]
    unfilled = {i.path.split(": ", 1)[1] for i in issues}
    try:
        manifest = fitted(Manifest, {**raw, "folder": path.parent})
    except ValidationError as error:
        for e in error.errors(include_url=False):
            where = ".".join(map(str, e["loc"])) or "manifest"
            if where not in unfilled:
                found = "nothing" if e["type"] == "missing" else repr(e["input"])[:120]
                issues.append(Issue(f"{path.name}: {where}", e["msg"], found, _FIX.get(e["type"], "correct it")))
        raise ContractError(issues, code="MANIFEST") from error
    issues += _whole(manifest, path.name, cells_alone) + term_issues(path.name, _leaves(raw))
    if issues:
        codes = {i.rule for i in issues}
        alone = len(codes) == 1 and codes <= {"UNKNOWN_TERM", "OBSOLETE_TERM"}
        raise ContractError(issues, code=codes.pop() if alone else "MANIFEST")
    return manifest


_DUE = {"int_type": "int", "float_type": "float", "bool_type": "bool", "literal_error": "int"}


def fitted(kind: type[_Block], raw: dict[str, Any]) -> _Block:
    """What YAML holds as a model, each scalar without quotes as its field wants it. Raises ValidationError."""
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        changed = False
        for e in error.errors(include_url=False, include_context=False):
            if isinstance(e["input"], Plain) and (due := _DUE.get(e["type"])):
                made = number(e["input"], due)
                changed |= made is not e["input"] and _put(raw, e["loc"], made)
        if not changed:
            raise
    return kind.model_validate(raw)


def _put(tree: Any, where: tuple[int | str, ...], value: object) -> bool:
    """Sets the leaf; False where there is none of that place."""
    for step in where[:-1]:
        try:
            tree = tree[step]
        except (KeyError, IndexError, TypeError):
            return False
    if isinstance(tree, dict | list):
        tree[where[-1]] = value  # pyright: ignore[reportArgumentType, reportCallIssue]
        return True
    return False


def _yaml(path: Path) -> dict[str, Any]:
    raw = read_yaml(text_of(path), path.name)
    if not isinstance(raw, dict):
        raise ContractError(
            [Issue(path.name, "a manifest is a mapping", type(raw).__name__, "start with `schema: 1`")], code="MANIFEST"
        )
    return raw


def _leaves(node: Any, where: str = "") -> list[tuple[str, Any]]:
    if isinstance(node, dict):
        return [leaf for k, v in node.items() for leaf in _leaves(v, f"{where}.{k}".lstrip("."))]
    if isinstance(node, list):
        return [leaf for i, v in enumerate(node) for leaf in _leaves(v, f"{where}.{i}")]
    return [(where, node)]


def _whole(m: Manifest, name: str, cells_alone: bool) -> list[Issue]:
    """Rules that no single field can break alone."""
    issues: list[Issue] = []

    def wrong(where: str, rule: str, found: object, fix: str) -> None:
        issues.append(Issue(f"{name}: {where}", rule, str(found), fix))

    brings = m.contrasts or m.networks or m.markers or m.embedding or m.published_types or (m.cells and m.cells.grn)
    if not (brings or (cells_alone and m.cells)):
        rule = "a manifest brings contrasts, networks, markers, an embedding or published types"
        wrong("contrasts", rule, "none", "add one of them")
    taxa = [table.taxon for table in m.published_types.tables] if m.published_types else []
    if twice := sorted({taxon for taxon in taxa if taxa.count(taxon) > 1}):
        wrong("published_types.tables", "each table is of another species", ", ".join(twice), "join them first")
    if m.embedding and (unknown := sorted(set(m.embedding.populations) - set(m.embedding.taxa))):
        wrong(
            "embedding.populations",
            "names species of embedding.taxa",
            ", ".join(unknown),
            f"one of {sorted(m.embedding.taxa)}",
        )
    if m.embedding and m.published_types and m.embedding.id == m.published_types.id:
        wrong(
            "published_types.id", "an embedding and a table of types differ in name", m.published_types.id, "rename one"
        )
    counted = {c.id for c in m.contrasts if m.table_of(c) is None}
    if m.cells and m.cells.grn and bool(m.cells.grn.rankings) != bool(m.cells.grn.motifs):
        fix = "name both, or neither"
        wrong("cells.grn", "rankings and motifs prune together", "one of them", fix)
    if m.counts and m.cells:
        wrong("cells", "a manifest has counts or cells", "both", "write a manifest for each")
    if m.counts is None and m.cells is None:
        for block in ("reference", "axes"):
            if getattr(m, block) is not None:
                wrong(
                    block, f"{block} is made of samples", "no counts and no cells", "add counts or cells, or remove it"
                )
    for at, c in enumerate(m.contrasts):
        where, table, material = f"contrasts.{at}", m.table_of(c), m.material_of(c)
        if table is None:
            if m.counts is None and m.cells is None:
                fix = "add `table:`, `counts:` or `cells:`"
                wrong(where, "a contrast needs a table, counts or cells", "none of them", fix)
            for arm in () if c.design else ("case", "control"):
                if not getattr(c, arm):
                    wrong(
                        f"{where}.{arm}",
                        "both arms of a contrast of counts must be given",
                        "nothing",
                        "write {column: value}, or a design and its test",
                    )
        else:
            for field in ("file", "columns", "gene_id"):
                if getattr(table, field) is None:
                    wrong(
                        f"{where}.table.{field}",
                        "a table needs its file, columns and gene_id",
                        "nothing",
                        f"add {field}",
                    )
            if table.duplicates == "highest_mean" and table.columns and not table.columns.mean:
                wrong(f"{where}.table.columns.mean", "highest_mean needs the mean", "nothing", "name the column")
        if table is None and c.engine == "pydeseq2" and m.counts and m.counts.scale == "log2":
            wrong(f"{where}.engine", "pydeseq2 fits counts", "counts.scale: log2", "remove it, or give counts")
        for field, rule, fix in _design_faults(c, table):
            wrong(f"{where}.{field}", rule, getattr(c, field) or "nothing", fix)
        needed = {"model": "model", "disease": "disease", "drug": "drug"}.get(c.kind)
        if needed and not getattr(c, needed):
            wrong(f"{where}.{needed}", f"a contrast of kind {c.kind} names its {needed}", "nothing", f"add {needed}")
        by_population = table is None and m.cells is not None
        if material.kind == "cell type" and not material.cell_type and not by_population:
            wrong(f"{where}.material.cell_type", "a cell type is named by its CL id", "nothing", "add cell_type")
        if not (material.tissue or material.system or material.cell_type or by_population):
            wrong(
                f"{where}.material.tissue",
                "material says where the samples come from",
                "nothing",
                "add tissue, or system",
            )
        if c.same_samples_as and c.same_samples_as not in counted:
            wrong(
                f"{where}.same_samples_as",
                "names a counts contrast of this manifest",
                c.same_samples_as,
                f"one of {sorted(counted)}",
            )
    return issues


def _design_faults(c: ContrastSpec, table: Table | None) -> list[tuple[str, str, str]]:
    """Field, rule and remedy of what does not go together in a contrast with a design."""
    told = [f for f in ("case", "control", "strata") if getattr(c, f)]
    own = [f for f in ("test", "numeric", "rows") if getattr(c, f)]
    made = (
        [("engine", "an engine fits counts or cells", "remove it")]
        if table is not None and c.engine != "linear"
        else []
    )
    if c.shrink and c.engine != "pydeseq2":
        made.append(("shrink", "pydeseq2 shrinks", "add `engine: pydeseq2`, or remove it"))
    if c.design is None:
        return made + [(f, f"{f} belongs to a design", "add `design:`, or remove it") for f in own]
    made += [(f, "a design takes the place of arms and strata", "remove it, or the design") for f in told]
    if c.test is None:
        made.append(("test", "a design says what is tested", "add {of: column, case: value, control: value}"))
    elif c.test.minus_at and not c.test.at:
        made.append(("test", "minus_at takes away from the effect at a place", "add `at:`"))
    if table is not None:
        made.append(("design", "a design is fitted to counts or cells", "remove it: the table is fitted already"))
    return made


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a manifest, for editors and for people."""
    made = Manifest.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://w3id.org/orthokg/manifest/1",
    } | made


def write_schema() -> None:
    """Write ``manifest.schema.json``; a test holds the committed file against :func:`json_schema`."""
    SCHEMA_FILE.write_text(json.dumps(json_schema(), indent=1, sort_keys=True) + "\n")
