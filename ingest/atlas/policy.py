"""The policy of an atlas: how the cells of its studies, and of every study mapped to it, are processed; stated once and
kept in each version."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from ingest.files.frames import text_of
from ingest.manifest.blocks import Rows, Strict
from ingest.manifest.cell_blocks import Quality
from ingest.manifest.manifest import fitted
from ingest.manifest.typed_yaml import read_yaml
from ingest.method.gates.limits import Limits
from ingest.method.mapping.policy import Engine as Head
from ingest.method.mapping.policy import Policy
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
SCANVI_FOLDS = 3  # each trains a model


class Network(Strict):
    """Parameters of scANVI, with the defaults of ``ingest.method.scanvi``."""

    latent: int = Field(Settings.latent, ge=2, le=200, description="axes of its latent space")
    hidden: int = Field(Settings.hidden, ge=8, le=2_000, description="width of its layers")
    layers: int = Field(Settings.layers, ge=1, le=5, description="layers")
    epochs: list[Epochs] = Field(
        list(Settings.epochs),
        min_length=3,
        max_length=3,
        description="of scVI, of scANVI after it, of the surgery of a query",
    )

    @property
    def settings(self) -> Settings:
        first, second, third = self.epochs
        return Settings(self.latent, self.hidden, self.layers, (first, second, third))


class Engine(Strict):
    """Parameters of the closed form, with the defaults of ``ingest.method.mapping.policy``; and what makes the space.
    `engine: scanvi` is short for `engine: {name: scanvi}`."""

    name: Literal["closed form", "scanvi"] = Field(
        "closed form", description="what makes the space: principal axes, or scANVI with surgery (extra [models])"
    )
    scanvi: Network = Field(Network.model_validate({}), description="of scanvi")
    folds: int | None = Field(
        None, ge=2, le=1_000, description="groups of donors held out, at most; absent: 12, of scanvi 3"
    )
    genes: int = Field(Policy.genes, ge=50, le=20_000, description="variable genes that make the space")
    axes: int = Field(Policy.axes, ge=2, le=500, description="principal axes")
    centroids: int = Field(Policy.centroids, ge=2, le=5_000, description="soft clusters of the correction")
    alpha: float = Field(Policy.alpha, gt=0, lt=0.5, description="1 - the coverage that sets of types are tuned to")
    outside_p: float = Field(Policy.outside_p, gt=0, lt=1, description="p at or below which a cell lies outside")
    least_use: float = Field(
        Policy.least_use, ge=0.5, le=1, description="weight of the genes that a study must have measured"
    )
    least_detected: int = Field(Policy.least_detected, ge=0, description="genes of the space seen in a cell, else low")
    join: bool = Field(
        Policy.join, description="what a study adds to its cells is taken off where there are several (Harmony)"
    )
    heads: list[Head] = Field(
        list(Policy.engines),
        min_length=1,
        description="compared on donors held out whole; the best is taken",
    )


def _named(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class Contributor(Strict):
    name: Name
    orcid: str = ""
    role: str = ""


class Gates(Strict):
    """What a submission must pass. It is judged by these numbers of the version that it was made from, so that it
    cannot change its own gates."""

    lost: float = Field(Limits.lost, gt=0, le=1, description="G1: share of a sample's cells that the filters may take")
    resolution: float = Field(
        Limits.resolution, ge=0, le=1, description="G3: macro-F1 on held-out donors, lower bound of what may be lost"
    )
    of_type: float = Field(Limits.of_type, ge=0, le=1, description="G3: F1 that one node may lose")
    resolution_donors: int = Field(
        Limits.resolution_donors, ge=2, description="G3: donors of the parent, else underpowered"
    )
    biology: float = Field(Limits.biology, ge=0, le=1, description="G4: mean of the biology measures that may be lost")
    scgraph: float = Field(Limits.scgraph, ge=0, le=2, description="G4: scGraph that may be lost")
    z: float = Field(
        Limits.z,
        gt=0,
        le=20,
        description="G5: disagreement with the mapping, in standard deviations of the parent's donors",
    )
    sure: float = Field(Limits.sure, gt=0, lt=1, description="G5: P from which the mapping is sure of a type")
    pair_cells: int = Field(Limits.pair_cells, ge=1, description="G5: cells of a pair that is judged")
    label_cells: int = Field(Limits.label_cells, ge=1, description="G5: cells of a label that is judged")
    coverage: float = Field(
        Limits.coverage, ge=0, lt=0.5, description="G5: upper bound of a type's coverage may lie so far below 1 - alpha"
    )
    label_donors: int = Field(Limits.label_donors, ge=2, description="G5: donors of the parent, else underpowered")
    unseen: float = Field(Limits.unseen, ge=0, le=1, description="G5b: AUROC of an unseen type that may be lost")
    type_donors: int = Field(Limits.type_donors, ge=2, description="G6: donors of a new type")
    share: float = Field(
        Limits.share, gt=0, le=1, description="G6: share of a new type's cells from one donor, at most"
    )
    stable: float = Field(Limits.stable, ge=0, le=1, description="G6: mean Jaccard when cells are left out")
    markers: int = Field(Limits.markers, ge=1, description="G6: markers confirmed in other donors")
    shared: float = Field(
        Limits.shared,
        gt=0,
        le=1,
        description="G0: share of a study's barcodes that are in another, above which cells are the same",
    )
    labels_only: bool = Field(False, description="G0: studies without donors may come in; they never count as donors")

    @property
    def limits(self) -> Limits:
        return Limits(**self.model_dump(exclude={"labels_only"}))


class Review(Strict):
    own: bool = Field(False, description="authors may review their own submissions; every answer then says so")


class AtlasPolicy(Strict):
    """A separate YAML file; every field but ``schema`` is optional."""

    schema_: Literal[1] = Field(1, alias="schema")
    qc: Quality | None = Field(None, description="cells that take no part, by steps; absent: none is left out")
    normalisation: Normalisation = Field(
        "log",
        description=(
            "log: log(1 + counts per 10,000 of the cell); pooled: the same over size factors pooled by donor; pearson:"
            " Pearson residuals given the atlas's genes"
        ),
    )
    types: dict[str, Name] = Field({}, description="type or node of the tree -> the node above it; absent: flat")
    healthy: Rows = Field(
        {},
        description=(
            "column of obs -> values of healthy donors, in every study; absent: the control arms of a manifest, else"
            " PATO:0000461 in disease_ontology_term_id"
        ),
    )
    engine: Annotated[Engine, BeforeValidator(_named)] = Field(Engine.model_validate({}))
    gates: Gates = Field(Gates.model_validate({}))
    review: Review = Field(Review.model_validate({}))
    contributors: list[Contributor] = Field([])
    cite: str = Field("", description="how to cite the atlas; absent: its studies")

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
        """The model that makes the coordinates; None: the closed form."""
        return Scanvi(self.engine.scanvi.settings) if self.engine.name == "scanvi" else None

    @property
    def line(self) -> str:
        """The policy in one line, as shown on a card."""
        steps = {} if self.qc is None else self.qc.model_dump(exclude_none=True, exclude_defaults=True)
        filters = ", ".join(f"{name} {value}" for name, value in steps.items()) or "no cell filter"
        return f"{filters}; {NORMALISED[self.normalisation]}; {self.engine.genes} genes, {self.engine.axes} axes" + (
            f"; scANVI, {self.engine.scanvi.latent} axes" if self.engine.name == "scanvi" else ""
        )


def read_policy(path: Path | None) -> AtlasPolicy:
    """Reads a policy; None: the defaults. Raises ContractError POLICY with every field that is wrong."""
    if path is None:
        return AtlasPolicy.model_validate({})
    raw = read_yaml(text_of(path), path.name, "a policy", "POLICY")
    if not isinstance(raw, dict):
        raise ContractError(
            [Issue(path.name, "a policy is a mapping", type(raw).__name__, "start with `schema: 1`")], code="POLICY"
        )
    return _checked(raw, path.name)


def policy_of(body: dict[str, Any]) -> AtlasPolicy:
    """The policy as a version keeps it."""
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
                    "correct it, or leave it out for the default",
                )
                for e in error.errors(include_url=False)
            ],
            code="POLICY",
        ) from error
    if loop := _loop(made.types):
        raise ContractError(
            [Issue(f"{name}: types", "a tree has no loop", " > ".join(loop), "name one parent a type, none its own")],
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
