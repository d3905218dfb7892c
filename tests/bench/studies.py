"""The studies behind the published tables, joined by gene symbol over one-to-one orthologs as those tables were.

The product joins by Ensembl ids and its own policies; this join is here so that its kernels can be compared with
figures
that were made without them.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ingest.fetch.cache import Cache
from ingest.source import modules
from kg.match.axes import moderated_rows, noise_axes, parallel_analysis
from kg.match.combine import Component
from kg.match.contrast import contrast, indicators, log_cpm, noise_rows
from kg.match.joint import Side
from kg.match.pair import Axes, Projected, State
from kg.match.weights import GeneSets

ENGINEERED = ("MAPT", "PRNP", "FGF14", "APP", "PSEN1")
OTHERS = ("Huntington", "ASD", "SCZ", "BD", "MDD", "AAD")
MIN_COUNT = 10


@dataclass(frozen=True)
class Samples:
    """Samples x genes (log2), arm (0, 1) and stratum of each sample."""

    values: pd.DataFrame
    case: NDArray[np.float64]
    strata: NDArray[np.str_]

    def of(self, stratum: str, genes: pd.Index) -> tuple[NDArray, NDArray]:
        kept = self.strata == stratum
        return self.values.loc[:, genes].to_numpy()[kept], self.case[kept]


def detected(counts: pd.DataFrame) -> pd.Series:
    return (counts >= MIN_COUNT).mean(axis=1) > 0.5


@dataclass(frozen=True)
class Studies:
    """Everything over the 11,600 genes measured in both mouse models, both tables and the donors.

    ``corrected``: noise factors with the correction for small designs; the published figures are without.
    """

    cache: Cache
    corrected: bool = True

    def _csv(self, name: str, **how) -> pd.DataFrame:
        return pd.read_csv(self.cache.get(name), **how)

    @cached_property
    def _pairs(self) -> pd.DataFrame:
        table = self._csv("orthologs_alt/mouse_to_human_orthologs.csv.gz")
        table = table[table["mmusculus_homolog_orthology_type"].eq("ortholog_one2one")]
        return table.drop_duplicates("mmusculus_homolog_ensembl_gene").drop_duplicates("hgnc_symbol")

    @cached_property
    def by_mouse_symbol(self) -> pd.Series:
        unique = self._pairs.drop_duplicates("mmusculus_homolog_associated_gene_name")
        return unique.set_index("mmusculus_homolog_associated_gene_name")["hgnc_symbol"]

    @cached_property
    def mice(self) -> dict[str, Samples]:
        to_human = self._pairs.set_index("mmusculus_homolog_ensembl_gene")["hgnc_symbol"]
        return {name: self._animals(name, to_human) for name in ("rTg4510", "J20")}

    def _animals(self, name: str, to_human: pd.Series) -> Samples:
        runs = self._csv(f"bulk_mouse/{name}_samples.csv", index_col="sample_id")
        by_run = self._csv(f"bulk_mouse/{name}_counts.csv.gz", index_col=0)
        counts = by_run.T.groupby(runs["sample_ID"].reindex(by_run.columns)).sum().T  # an animal may have several runs
        sheet = runs.groupby("sample_ID").first().loc[counts.columns]
        counts = counts[detected(counts) & counts.index.isin(to_human.index)]
        values = pd.DataFrame(log_cpm(counts.to_numpy()).T, counts.columns, to_human[counts.index].to_numpy())
        return Samples(values, sheet["arm"].ne("WT").to_numpy(float), sheet["Age_months"].to_numpy(str))

    @cached_property
    def five_xfad(self) -> Samples:
        """Hippocampus at 14 months, 6 against 6; half of each arm carries an eIF2a mutation."""
        probes = self._csv("bulk_mouse/GSE50521_expression_log2.csv.gz").drop(columns="probe")
        values = probes.groupby("gene_symbol").mean().T
        sheet = self._csv("bulk_mouse/GSE50521_samples.csv", index_col="Sample").loc[values.index]
        values = values.loc[:, values.columns.isin(self.by_mouse_symbol.index)]
        values.columns = pd.Index(self.by_mouse_symbol[values.columns])
        strata = sheet["Genotype2"].str.contains("eIF2a").astype(str)
        return Samples(values, sheet["Genotype"].ne("WT").to_numpy(float), strata.to_numpy(str))

    @cached_property
    def tables(self) -> dict[str, pd.Series]:
        """z of AD cortex tables from effect and FDR, Benjamini-Hochberg turned back."""
        made = {}
        for name, path in (("ROSMAP", "ROSMAP_FL"), ("Mayo", "MAYO_TL")):
            table = self._csv(f"bulk_human/{path}.tsv.gz", sep="\t").dropna()
            q = table["FDR_adjusted_p_value"].to_numpy()
            p = np.clip(q * stats.rankdata(q, method="max") / len(q), 1e-15, 1)
            z = np.sign(table["log2_fold_change"].to_numpy()) * stats.norm.isf(p / 2)
            symbols = table["gene_name"].str.split("|").str[1]
            made[name] = pd.Series(z, symbols)[lambda s: ~s.index.duplicated()]
        return made

    @cached_property
    def others(self) -> dict[str, pd.Series]:
        """z of other diseases of the cortex; Ensembl ids become the symbols of the Huntington's table."""
        hd = self._csv("human_other/GSE64810_HD_BA9.csv.gz").dropna(subset=["stat"])
        ids = hd["Gene"].str.partition(".")[0]
        symbol_of = pd.Series(hd["symbol"].to_numpy(), ids)[lambda s: ~s.index.duplicated()]
        loudest = hd.sort_values("baseMean", ascending=False).drop_duplicates("symbol")
        made = {"Huntington": loudest.set_index("symbol")["stat"]}
        for name in OTHERS[1:]:
            table = self._csv(f"human_other/Gandal2018_{name}.csv.gz", index_col=0)
            z = pd.Series((table["beta"] / table["SE"]).to_numpy(), symbol_of.reindex(table.index))
            made[name] = z[z.index.notna() & ~z.index.duplicated() & np.isfinite(z)]
        return made

    @cached_property
    def donors(self) -> Samples:
        """GSE153873: 30 lateral temporal cortices; the strata are its arms AD, Old and Young."""
        counts = self._csv("bulk_human/GSE153873_counts.csv.gz", index_col=0)
        sheet = self._csv("bulk_human/GSE153873_samples.csv", index_col="sample_id").loc[counts.columns]
        counts = counts[detected(counts)]
        values = pd.DataFrame(log_cpm(counts.to_numpy()).T, counts.columns, counts.index)
        arm = sheet["group"].to_numpy(str)
        return Samples(values.loc[:, ~values.columns.duplicated()], (arm == "AD").astype(float), arm)

    @cached_property
    def genes(self) -> pd.Index:
        shared = self.donors.values.columns
        for known in [*self.tables.values(), *(study.values.T for study in self.mice.values())]:
            shared = shared.intersection(known.index)
        return shared.difference(pd.Index(ENGINEERED))

    @cached_property
    def everywhere(self) -> NDArray[np.bool_]:
        return np.ones(len(self.genes), bool)

    @cached_property
    def healthy(self) -> tuple[NDArray, NDArray]:
        """Expression of the 18 donors without AD (donors x genes) and their arms."""
        kept = self.donors.strata != "AD"
        return self.donors.values[self.genes].to_numpy()[kept], self.donors.strata[kept]

    @cached_property
    def reference(self) -> NDArray[np.float64]:
        """Noise of healthy cortex over the genes, each gene of unit noise as in a table of z."""
        values, arms = self.healthy
        rows, spread = noise_rows(values, indicators(arms))
        return rows / spread

    def from_table(self, name: str, z: pd.Series) -> Projected:
        place = z.index.get_indexer(self.genes)
        vector = np.where(place >= 0, z.to_numpy()[place], 0.0)
        return Projected(Component(name, vector, self.reference, len(self.reference), "healthy"), place >= 0)

    def state(self, *names: str) -> State:
        known = self.tables | self.others
        label = " + ".join(names)
        return State(label, label, tuple(self.from_table(name, known[name]) for name in names))

    def donor_state(self, case: str, control: str) -> State:
        kept = np.isin(self.donors.strata, [case, control])
        values = self.donors.values[self.genes].to_numpy()[kept]
        found = contrast(values, (self.donors.strata[kept] == case).astype(float), corrected=self.corrected)
        name = f"GSE153873 {case}-{control}"
        part = Component(name, found.vector, found.factor, found.df, name)
        return State(name, name, (Projected(part, self.everywhere),))

    def model(self, name: str, months: str) -> Projected:
        values, case = self.mice[name].of(months, self.genes)
        found = contrast(values, case, corrected=self.corrected)
        label = f"{name} {months} m"
        return Projected(Component(label, found.vector, found.factor, found.df, label), self.everywhere)

    def five_xfad_model(self) -> Projected:
        study = self.five_xfad
        measured = self.genes.isin(study.values.columns)
        found = contrast(
            study.values[self.genes[measured]].to_numpy(), study.case, study.strata, corrected=self.corrected
        )
        vector, factor = np.zeros(len(self.genes)), np.zeros((found.df, len(self.genes)))
        vector[measured], factor[:, measured] = found.vector, found.factor
        return Projected(Component("5xFAD 14 m", vector, factor, found.df, "5xFAD 14 m"), measured)

    def axes(self, study: str) -> Axes:
        """Axes of noise of the animals of a study."""
        samples = self.mice[study]
        values, groups = samples.values[self.genes].to_numpy(), indicators(samples.strata, samples.case)
        count = parallel_analysis(values, groups)
        rows = moderated_rows(values, groups)
        return Axes(study, rows, self.everywhere, count)

    @cached_property
    def regulons(self) -> GeneSets:
        edges = self._csv("collectri/collectri_human.csv")
        return GeneSets.build(
            edges["source"].to_numpy(str),
            edges["target"].to_numpy(str),
            edges["weight"].to_numpy(),
            self.genes.to_numpy(str),
        )

    @cached_property
    def modules(self) -> GeneSets:
        table = modules.read(modules.get(self.cache)).genes
        symbols = self.by_mouse_symbol.reindex(table["symbol"]).fillna("").to_numpy(str)
        return GeneSets.build(table["module"].to_numpy(str), symbols, np.ones(len(table)), self.genes.to_numpy(str))


def side(contrasted: Projected) -> Side:
    part = contrasted.component
    return Side(part.vector, part.factor, part.df).centred()


def axes_of(axes: Axes) -> NDArray[np.float64]:
    return noise_axes(axes.rows, axes.count)
