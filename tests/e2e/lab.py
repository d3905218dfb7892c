"""A simulated lab of its own: the same small study as a manifest would load it, and as a question would bring it."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from scipy import stats

from ingest.batch import Batch
from ingest.fetch.cache import Cache
from ingest.manifest import manifest
from ingest.study import datasets
from kg.ask.upload import Sample, Upload
from kg.curie import HUMAN, MOUSE
from kg.names.genes import GeneNames
from kg.signatures.store import Reference, Signature, SignatureStore
from kg.store.driver import Store
from kg.store.write import write_edges, write_nodes
from tests.simulated import ingested

AD, CORTEX = "MONDO:0004975", "UBERON:0000956"
LIKE = {MOUSE: "orthokg:contrast/simulated/specific", HUMAN: "orthokg:contrast/simulated/alzheimer-1"}


@dataclass
class Lab:
    """Two runs an animal of nine pairs of animals in two strata, two of them bystanders; effects as in a simulated
    study."""

    store: Store
    folder: Path
    signatures: SignatureStore = field(init=False)

    def __post_init__(self) -> None:
        self.signatures = ingested(self.store, self.folder)
        self.rng = np.random.default_rng(11)

    def names(self, taxon: str) -> GeneNames:
        table = self.signatures.get_table(f"genes/{taxon}")
        return GeneNames.of_symbols(taxon, table["id"], table["symbol"])

    def table(self, taxon: str, noise: float = 0.4) -> pd.DataFrame:
        """Genes by symbol with effect, se, z, p and fdr; one row twice, one unknown, one date, one without a value."""
        stored = self.signatures.get(LIKE[taxon])
        names = self.signatures.get_table(f"genes/{taxon}")
        symbol = dict(zip(names["id"], names["symbol"], strict=True))
        se = self.rng.gamma(8, noise / 8, len(stored.genes))
        made = pd.DataFrame(
            {
                "gene": [symbol[g] for g in stored.genes],
                "effect": stored.effect + self.rng.normal(size=len(se)) * se,
                "se": se,
            }
        )
        made = pd.concat([made, made.iloc[[5]], pd.DataFrame({"gene": ["NoSuch", "1-Mar"], "effect": 1.0, "se": 1.0})])
        made["z"] = made.effect / made.se
        made["p"] = 2 * stats.norm.sf(np.abs(made.z))
        made["fdr"] = stats.false_discovery_control(made.p)
        made.iloc[7, 1:] = np.nan
        return made.reset_index(drop=True)

    def counts(self, taxon: str, pairs: int = 9) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Genes by Ensembl id x runs, and their sheet: arm, animal, sex."""
        stored = self.signatures.get(LIKE[taxon])
        arms = np.tile(["case", "control"], pairs)
        arms[:2] = "other"
        level = self.rng.uniform(2, 8, len(stored.genes))
        log = level[:, None] + self.rng.normal(size=(len(level), 2 * pairs)) * 0.4
        log += 0.5 * np.asarray(stored.effect)[:, None] * (arms == "case") + self.rng.normal(size=2 * pairs) * 0.2
        runs = np.repeat(np.arange(2 * pairs), 2)
        values = self.rng.poisson(2 ** log[:, runs])
        sheet = pd.DataFrame(
            {
                "run": [f"run{i}" for i in range(4 * pairs)],
                "animal": [f"a{i:02}" for i in runs],
                "arm": arms[runs],
                "sex": np.array(["f", "m"])[(runs // 2) % 2],
            }
        )
        return pd.DataFrame(values, index=[str(g) for g in stored.genes], columns=sheet["run"]), sheet

    def load(self, taxon: str, name: str, facts: dict, contrast: dict, files: dict[str, pd.DataFrame]) -> None:
        """By a manifest, as an ingest loads it."""
        folder = self.folder / name
        folder.mkdir()
        for file, frame in files.items():
            frame.to_csv(folder / file, index=file == "c.csv", index_label="gene", float_format="%.17g")
        kind = (
            {"kind": "drug", "drug": "labdrug"} if taxon == HUMAN else {"kind": "model", "model": "orthokg:model/lab"}
        )
        told = {
            "schema": 1,
            "material": {"tissue": CORTEX},
            **facts,
            "dataset": {
                "id": name,
                "title": name,
                "taxon": taxon,
                "licence": "CC0",
                "redistribute": True,
                "citation": "us",
                "simulated": True,
            },
            "models": [] if taxon == HUMAN else [{"id": "orthokg:model/lab", "label": "lab", "disease": AD}],
            "contrasts": [{"id": "a", "label": "mine", **kind, **contrast}],
        }
        path = folder / "m.yaml"
        path.write_text(yaml.safe_dump(told))
        read = manifest.read(path)
        self.keep(datasets.transform(read, datasets.get(Cache.open(), read), self.names(taxon)))

    def keep(self, batch: Batch) -> None:
        owner = {"source": batch.source, "run": "orthokg:run/lab"}
        for label, rows in batch.nodes.items():
            write_nodes(self.store, label, rows, **owner)
        for (kind, subject, target), rows in batch.edges.items():
            write_edges(self.store, kind, subject, target, rows, **owner)
        for key, item in batch.arrays.items():
            if isinstance(item, dict):
                self.signatures.put_table(key, **item)
                continue
            put = {Signature: self.signatures.put, Reference: self.signatures.put_reference}[type(item)]
            put(item)

    def load_table(self, taxon: str, table: pd.DataFrame, columns: tuple[str, ...]) -> None:
        spec = {"file": "t.csv", "gene_id": "symbol", "columns": {name: name for name in ("gene", *columns)}}
        self.load(taxon, "lab", {"table": spec}, {}, {"t.csv": table})

    def load_counts(
        self, taxon: str, counts: pd.DataFrame, sheet: pd.DataFrame, name: str = "lab", **facts: object
    ) -> None:
        spec = {
            "matrix": "c.csv",
            "samples": "s.csv",
            "gene_id": "ensembl",
            "scale": "counts",
            "sample_column": "run",
            "replicate_column": "animal",
        }
        design = {"case": {"arm": "case"}, "control": {"arm": "control"}, "strata": ["sex"]}
        self.load(taxon, name, {"counts": spec, **facts}, design, {"c.csv": counts, "s.csv": sheet})

    def load_reference(self, taxon: str) -> None:
        """Healthy animals of 14 pairs, whose noise a table may borrow."""
        facts = {"where": {"arm": ["control", "other"]}, "groups": ["sex"]}
        self.load_counts(taxon, *self.counts(taxon, 14), name="healthy", reference=facts)


def table_upload(taxon: str, table: pd.DataFrame, columns: tuple[str, ...], **given: object) -> Upload:
    numbers = {name: table[name].to_numpy(float) for name in columns}
    return Upload(taxon, table["gene"].tolist(), **numbers, **{"tissue": CORTEX, "label": "mine", **given})  # type: ignore[arg-type]


def counts_upload(taxon: str, counts: pd.DataFrame, sheet: pd.DataFrame, **given: object) -> Upload:
    samples = tuple(Sample(r.run, r.arm, r.animal, (r.sex,)) for r in sheet.itertuples())  # type: ignore[arg-type]
    return Upload(
        taxon,
        list(counts.index),
        counts=counts.to_numpy(float),
        samples=samples,
        **{"tissue": CORTEX, "label": "mine", **given},
    )  # type: ignore[arg-type]
