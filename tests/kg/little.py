"""A workspace without a server: a few contrasts of made-up samples over one-to-one orthologs, in a store in a
folder."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from kg.curie import HUMAN, MOUSE
from kg.match.contrast import contrast
from kg.match.orthology import MAIN
from kg.sides.catalog import Catalog, ContrastInfo, Named, ReferenceInfo, StateInfo
from kg.sides.workspace import Workspace
from kg.signatures.store import Signature, SignatureStore

GENES, BULK = 400, "bulk cerebral cortex"
HUMAN_GENES = np.array([f"ENSG9{i:010d}" for i in range(GENES)])
MOUSE_GENES = np.array([f"ENSMUSG9{i:010d}" for i in range(GENES)])
AD = "MONDO:0004975"
TRUTH = np.random.default_rng(5).normal(size=GENES) * 1.2


class Little:
    """``add`` a contrast by name, then ask for its ``workspace``; symbols are S0, S1 … in both species."""

    def __init__(self, folder: Path):
        self.signatures = SignatureStore(folder / "signatures")
        self.contrasts: dict[str, ContrastInfo] = {}
        self.states: dict[str, StateInfo] = {}
        self.references: dict[str, ReferenceInfo] = {}
        symbols = np.array([f"S{i}" for i in range(GENES)])
        same, one = np.full(GENES, "one2one"), np.ones(GENES)
        for taxon, genes in ((HUMAN, HUMAN_GENES), (MOUSE, MOUSE_GENES)):
            self.signatures.put_table(f"genes/{taxon}", id=genes, symbol=symbols)
        self.signatures.put_table(
            f"orthologs/{MAIN}",
            version=np.array(["1"]),
            human=HUMAN_GENES,
            mouse=MOUSE_GENES,
            human_symbol=symbols,
            mouse_symbol=symbols,
            cardinality=same,
            confidence=one,
            identity=-one,
        )

    def add(
        self,
        name: str,
        taxon: str,
        effect: np.ndarray,
        *,
        n: int = 8,
        seed: int | None = None,
        state: str = "",
        disease: str = AD,
        samples: np.ndarray | None = None,
        **facts: object,
    ) -> ContrastInfo:
        """``n`` against ``n`` samples (or ``samples``, controls first); ``state``: the human state that it is a cohort
        of."""
        rng = np.random.default_rng(sum(map(ord, name)) if seed is None else seed)
        values = rng.normal(size=(2 * n, GENES)) if samples is None else samples
        case = np.arange(len(values)) >= n
        values = values + np.outer(case, effect)
        fit, key = contrast(values, case), f"orthokg:contrast/little/{name}"
        genes = HUMAN_GENES if taxon == HUMAN else MOUSE_GENES
        donors = tuple(f"{name}/{i}" for i in range(len(values)))
        self.signatures.put(
            Signature(key, taxon, genes, fit.vector, fit.effect, fit.p, "donors", fit.factor, fit.df, donors)
        )
        named = Named(f"orthokg:state/{state}", state) if state else None
        if named:
            self.states[named.id] = StateInfo(named.id, state, disease, disease, "", BULK, frozenset({disease}))
        info = ContrastInfo(
            id=key,
            label=name,
            taxon=taxon,
            kind="disease" if state else "model",
            level="donor",
            noise="donors",
            noise_reason="",
            material=BULK,
            cut="",
            universe=GENES,
            n_case=int(case.sum()),
            n_control=int((~case).sum()),
            df=fit.df,
            age="",
            sex="",
            strain="",
            case_arm="",
            control_arm="",
            flags=(),
            pooled=True,
            dataset=f"orthokg:dataset/{name}",
            dataset_title=name,
            licence="CC0",
            doi="",
            counts="log2",
            simulated=False,
            model=None if taxon == HUMAN else Named(f"m/{name}", name),
            engineered=(),
            state=named,
            condition=None,
            drug="",
            region=None,
            cell_type=None,
        )
        self.contrasts[key] = replace(info, **facts)  # type: ignore[arg-type]
        return self.contrasts[key]

    def workspace(self) -> Workspace:
        return Workspace(
            Catalog(dict(sorted(self.contrasts.items())), self.references, dict(sorted(self.states.items()))),
            self.signatures,
        )
