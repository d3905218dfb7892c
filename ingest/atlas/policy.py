"""The policy of an atlas: how the cells of its studies, and of every study mapped to it, are processed. It is stored
with each version."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from ingest.files.frames import text_of
from ingest.manifest.blocks import Rows, Strict
from ingest.manifest.cell_blocks import Quality
from ingest.manifest.manifest import fitted
from ingest.manifest.typed_yaml import read_yaml
from ingest.method.gates.limits import Limits
from ingest.method.mapping.calibration.policy import Engine as Head
from ingest.method.mapping.calibration.policy import Policy
from ingest.method.normalise import Normalisation
from ingest.method.scanvi import Scanvi, Settings
from kg.errors import ContractError, Issue

NORMALISED: dict[Normalisation, str] = {
    "log": "log of counts per 10,000",
    "pooled": "log of counts over size factors pooled by donor",
    "pearson": "Pearson residuals given the atlas's genes",
}
Name = Annotated[str, Field(min_length=1, max_length=200)]
Epochs = Annotated[int, Field(ge=1, le=10_000)]
SCANVI_FOLDS = 3  # each fold trains a model


class Network(Strict):
    """Parameters of scANVI, with the defaults of ``ingest.method.scanvi``."""

    latent: int = Field(Settings.latent, ge=2, le=200, description="dimensions of its latent space")
    hidden: int = Field(Settings.hidden, ge=8, le=2_000, description="units per hidden layer")
    layers: int = Field(Settings.layers, ge=1, le=5, description="layers")
    epochs: list[Epochs] = Field(
        list(Settings.epochs),
        min_length=3,
        max_length=3,
        description="epochs of scVI, of scANVI after it, and of the surgery of a query",
    )

    @property
    def settings(self) -> Settings:
        first, second, third = self.epochs
        return Settings(self.latent, self.hidden, self.layers, (first, second, third))


class Engine(Strict):
    """The engine that makes the space, and its parameters, with the defaults of
    ``ingest.method.mapping.calibration.policy``. `engine: scanvi` is short for `engine: {name: scanvi}`."""

    name: Literal["closed form", "scanvi"] = Field(
        "closed form",
        description="engine that makes the space: principal components, or scANVI with surgery (extra [models])",
    )
    scanvi: Network = Field(Network.model_validate({}), description="of scanvi")
    folds: int | None = Field(
        None, ge=2, le=1_000, description="maximum number of folds of held-out donors; default: 12, for scanvi 3"
    )
    genes: int = Field(Policy.genes, ge=50, le=20_000, description="number of highly variable genes")
    axes: int = Field(Policy.axes, ge=2, le=500, description="principal axes")
    centroids: int = Field(Policy.centroids, ge=2, le=5_000, description="number of soft clusters of the correction")
    alpha: float = Field(
        Policy.alpha, gt=0, lt=0.5, description="error rate of the prediction sets: 1 - their coverage"
    )
    outside_p: float = Field(Policy.outside_p, gt=0, lt=1, description="a cell lies outside if its p is at most this")
    least_use: float = Field(
        Policy.least_use, ge=0.5, le=1, description="share of the genes' total weight that a study must have measured"
    )
    least_detected: int = Field(
        Policy.least_detected, ge=0, description="genes of the space detected in a cell; below, it is of low quality"
    )
    join: bool = Field(Policy.join, description="correct study effects if there are several studies (Harmony)")
    heads: list[Head] = Field(
        list(Policy.engines),
        min_length=1,
        description="heads compared on held-out donors; the best is used",
    )


def _named(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class Contributor(Strict):
    name: Name
    orcid: str = ""
    role: str = ""


class Gates(Strict):
    """Thresholds of the gates for submissions. The policy of the base version applies, so that a submission cannot
    change its own gates."""

    lost: float = Field(
        Limits.lost, gt=0, le=1, description="G1: maximum share of a sample's cells removed by the filters"
    )
    resolution: float = Field(
        Limits.resolution,
        ge=0,
        le=1,
        description="G3: maximum loss of macro-F1 on held-out donors (lower bound of the change)",
    )
    of_type: float = Field(Limits.of_type, ge=0, le=1, description="G3: maximum loss of F1 at one node")
    resolution_donors: int = Field(
        Limits.resolution_donors, ge=2, description="G3: minimum number of donors of the parent, else underpowered"
    )
    biology: float = Field(Limits.biology, ge=0, le=1, description="G4: maximum loss of the mean biology measure")
    scgraph: float = Field(Limits.scgraph, ge=0, le=2, description="G4: maximum loss of scGraph")
    z: float = Field(
        Limits.z,
        gt=0,
        le=20,
        description="G5: maximum disagreement with the mapping, in standard deviations over the parent's donors",
    )
    sure: float = Field(Limits.sure, gt=0, lt=1, description="G5: minimum probability of a confident mapping")
    pair_cells: int = Field(Limits.pair_cells, ge=1, description="G5: minimum number of cells to judge a pair of types")
    label_cells: int = Field(Limits.label_cells, ge=1, description="G5: minimum number of cells to judge a label")
    coverage: float = Field(
        Limits.coverage,
        ge=0,
        lt=0.5,
        description="G5: how far the upper bound of a type's coverage may lie below 1 - alpha",
    )
    label_donors: int = Field(
        Limits.label_donors, ge=2, description="G5: minimum number of donors of the parent, else underpowered"
    )
    unseen: float = Field(Limits.unseen, ge=0, le=1, description="G5b: maximum loss of AUROC for an unseen type")
    type_donors: int = Field(Limits.type_donors, ge=2, description="G6: minimum number of donors with a new type")
    share: float = Field(Limits.share, gt=0, le=1, description="G6: maximum share of a new type's cells from one donor")
    stable: float = Field(
        Limits.stable, ge=0, le=1, description="G6: minimum mean Jaccard index when cells are subsampled"
    )
    markers: int = Field(Limits.markers, ge=1, description="G6: minimum number of markers confirmed in other donors")
    shared: float = Field(
        Limits.shared,
        gt=0,
        le=1,
        description="G0: maximum share of barcodes shared with another study; above, cells count as the same",
    )
    labels_only: bool = Field(
        False, description="G0: accept studies without donor annotation; they never count as donors"
    )

    @property
    def limits(self) -> Limits:
        return Limits(**self.model_dump(exclude={"labels_only"}))


class Review(Strict):
    own: bool = Field(False, description="authors may review their own submissions; every answer then states this")


class AtlasPolicy(Strict):
    """A separate YAML file; every field but ``schema`` is optional."""

    schema_: Literal[1] = Field(1, alias="schema")
    qc: Quality | None = Field(None, description="filters of cells, by step; default: no filter")
    normalisation: Normalisation = Field(
        "log",
        description=(
            "log: log(1 + counts per 10,000 of the cell); pooled: the same with size factors pooled by donor;"
            " pearson: Pearson residuals with the atlas's gene parameters"
        ),
    )
    types: dict[str, Name] = Field({}, description="type or node of the tree -> its parent; default: a flat tree")
    healthy: Rows = Field(
        {},
        description=(
            "column of obs -> values of healthy donors, in every study; default: the control arms of a manifest, else"
            " PATO:0000461 in disease_ontology_term_id"
        ),
    )
    engine: Annotated[Engine, BeforeValidator(_named)] = Field(Engine.model_validate({}))
    gates: Gates = Field(Gates.model_validate({}))
    review: Review = Field(Review.model_validate({}))
    contributors: list[Contributor] = Field([])
    cite: str = Field("", description="how to cite the atlas; default: its studies")

    @property
    def of_engine(self) -> Policy:
        e = self.engine
        return Policy(
            genes=e.genes,
            axes=e.axes,
            centroids=e.centroids,
            alpha=e.alpha,
            outside_p=e.outside_p,
            least_use=e.least_use,
            least_detected=e.least_detected,
            engines=tuple(e.heads),
            normalisation=self.normalisation,
            join=e.join,
            folds=e.folds or (SCANVI_FOLDS if e.name == "scanvi" else Policy.folds),
        )

    @property
    def space(self) -> Scanvi | None:
        """The model that makes the coordinates; None for the closed form."""
        return Scanvi(self.engine.scanvi.settings) if self.engine.name == "scanvi" else None

    @property
    def line(self) -> str:
        """The policy in one line, as shown on a card."""
        steps = {} if self.qc is None else self.qc.model_dump(exclude_none=True, exclude_defaults=True)
        filters = ", ".join(f"{name} {value}" for name, value in steps.items()) or "no filter of cells"
        return f"{filters}; {NORMALISED[self.normalisation]}; {self.engine.genes} genes, {self.engine.axes} axes" + (
            f"; scANVI, {self.engine.scanvi.latent} axes" if self.engine.name == "scanvi" else ""
        )


def read_policy(path: Path | None) -> AtlasPolicy:
    """Reads a policy; None gives the defaults. Raises ContractError POLICY listing every invalid field."""
    if path is None:
        return AtlasPolicy.model_validate({})
    raw = read_yaml(text_of(path), path.name, "a policy", "POLICY")
    if not isinstance(raw, dict):
        raise ContractError(
            [Issue(path.name, "a policy is a mapping", type(raw).__name__, "start with `schema: 1`")], code="POLICY"
        )
    return _checked(raw, path.name)


def policy_of(body: dict[str, Any]) -> AtlasPolicy:
    """The policy from its stored form. Raises ContractError POLICY."""
    return _checked(body, "policy")


def _checked(raw: dict[str, Any], name: str) -> AtlasPolicy:
    try:
        made = fitted(AtlasPolicy, raw)
    except ValidationError as error:
        raise ContractError(
            [
                Issue(
                    f"{name}: {'.'.join(map(str, e['loc'])) or 'policy'}",
                    e["msg"],
                    "nothing" if e["type"] == "missing" else repr(e["input"])[:120],
                    "correct it, or omit it to use the default",
                )
                for e in error.errors(include_url=False)
            ],
            code="POLICY",
        ) from error
    if loop := _loop(made.types):
        raise ContractError(
            [
                Issue(
                    f"{name}: types",
                    "a tree has no cycle",
                    " > ".join(loop),
                    "give each type one parent, which is not below it",
                )
            ],
            code="POLICY",
        )
    return made


def _loop(parents: dict[str, str]) -> list[str]:
    for start in parents:
        seen = [start]
        while (above := parents.get(seen[-1])) is not None:
            if above in seen:
                return [*seen, above]
            seen.append(above)
    return []
