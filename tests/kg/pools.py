"""A workspace without a graph: one mouse model, and cohorts of a human state made to measure."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from kg.curie import HUMAN, MOUSE
from kg.match.contrast import contrast
from kg.match.orthology import MAIN
from kg.sides.catalog import Catalog, ContrastInfo, Named, ReferenceInfo, StateInfo
from kg.sides.workspace import Workspace
from kg.signatures.store import Reference, Signature, SignatureStore

AD, HD, MATERIAL, GENES = "MONDO:1", "MONDO:2", "bulk cortex", 400
STATES = {
    AD: StateInfo("orthokg:state/ad", "AD, cortex", AD, "AD", "", MATERIAL, frozenset({AD})),
    HD: StateInfo("orthokg:state/hd", "HD, cortex", HD, "HD", "", MATERIAL, frozenset({HD})),
}
NAMES = {
    HUMAN: np.array([f"ENSG{i:011d}" for i in range(GENES)]),
    MOUSE: np.array([f"ENSMUSG{i:011d}" for i in range(GENES)]),
}
EFFECT = np.random.default_rng(5).normal(size=GENES)
_PLAIN = ContrastInfo(
    id="",
    label="",
    taxon=HUMAN,
    kind="disease",
    level="donor",
    noise="donors",
    noise_reason="",
    material=MATERIAL,
    cut="",
    universe=0,
    n_case=0,
    n_control=0,
    df=0,
    age="",
    sex="",
    strain="",
    case_arm="",
    control_arm="",
    flags=(),
    pooled=True,
    dataset="",
    dataset_title="",
    licence="",
    doi="",
    counts="raw",
    simulated=False,
    model=None,
    engineered=(),
    state=None,
    condition=None,
    drug="",
    region=None,
    cell_type=None,
)


class World:
    """``infos`` and ``references`` in the order in which they were loaded."""

    def __init__(self, folder: Path):
        self.signatures = SignatureStore(folder)
        self.infos: list[ContrastInfo] = []
        self.references: list[ReferenceInfo] = []
        one, empty = np.full(GENES, "one2one"), np.full(GENES, "")
        self.signatures.put_table(
            f"orthologs/{MAIN}",
            version=np.array(["1"]),
            human=NAMES[HUMAN],
            mouse=NAMES[MOUSE],
            human_symbol=empty,
            mouse_symbol=empty,
            cardinality=one,
            confidence=np.ones(GENES),
            identity=np.ones(GENES),
        )
        for taxon, names in NAMES.items():
            self.signatures.put_table(f"genes/{taxon}", id=names, symbol=names)
        self.cohort("mouse", taxon=MOUSE, kind="model", model=Named("m", "model"), modelled=(AD,), state=None)

    def cohort(
        self,
        name: str,
        *,
        seed: int = 0,
        genes: np.ndarray | None = None,
        n: int = 8,
        donors: tuple[str, ...] = (),
        table: bool = False,
        disease: str = AD,
        data: str = "",
        **facts: object,
    ) -> ContrastInfo:
        """``genes``: places of those measured; its samples are its own unless ``donors`` names them; ``data``: what
        names them, unless it is the cohort's name."""
        there = np.arange(GENES) if genes is None else np.sort(genes)
        x = np.random.default_rng((seed, *(data or name).encode())).normal(size=(2 * n, GENES))
        x[n:] += EFFECT
        r = contrast(x[:, there], np.arange(2 * n) >= n) if len(there) else contrast(x, np.arange(2 * n) >= n)
        taxon = str(facts.get("taxon", HUMAN))
        noise = str(facts.get("noise", "reference" if table else "donors"))
        own = donors or tuple(f"{name}-{i}" for i in range(2 * n))
        vector, factor, effect, p = (each[..., : len(there)] for each in (r.vector, r.factor, r.effect, r.p))
        if noise != "donors":
            vector = vector / np.sqrt((factor**2).sum(axis=0))
        kind = {"donors": "donors", "reference": "table", "none": "none"}[noise]
        self.signatures.put(
            Signature(
                name,
                taxon,
                NAMES[taxon][there],
                vector,
                effect,
                p,
                kind,
                factor if noise == "donors" else None,  # type: ignore[arg-type]
                r.df if noise == "donors" else 0,
                own,
            )
        )
        state = STATES[disease]
        made = replace(
            _PLAIN,
            **{
                "id": name,
                "label": f"cohort {name}",
                "n_case": n,
                "n_control": n,
                "df": r.df,
                "noise": noise,
                "state": Named(state.id, state.label),
                **facts,
            },
        )
        self.infos.append(made)
        return made

    def reference(
        self, name: str, *, genes: np.ndarray | None = None, n: int = 20, role: str = "reference", **facts: object
    ) -> None:
        there = np.arange(GENES) if genes is None else np.sort(genes)
        x = np.random.default_rng((7, *name.encode())).normal(size=(n, GENES))[:, there]
        groups, donors = np.array(["a", "b"]).repeat(n // 2), tuple(f"{name}-{i}" for i in range(n))
        taxon = str(facts.get("taxon", HUMAN))
        self.signatures.put_reference(Reference(name, taxon, role, NAMES[taxon][there], x, groups, donors))  # type: ignore[arg-type]
        plain = ReferenceInfo(
            name, name, role, taxon, MATERIAL, n, n - 2, None, "unmeasured", "unmeasured", 2, f"d-{name}"
        )
        self.references.append(replace(plain, **facts))  # type: ignore[arg-type]

    def workspace(self, order: list[int] | None = None) -> Workspace:
        infos = self.infos if order is None else [self.infos[at] for at in order]
        states = {s.id: s for s in STATES.values() if any(c.state and c.state.id == s.id for c in infos)}
        return Workspace(Catalog({c.id: c for c in infos}, {r.id: r for r in self.references}, states), self.signatures)
