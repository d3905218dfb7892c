"""Rule 7: counted is what is used, cells and donors and genes; most cells lost, a table that is cut and one of several
groups are said."""

from collections.abc import Callable
from pathlib import Path

import anndata
import numpy as np
from scipy import sparse

from tests.ingest import make_formats
from tests.ingest.inputs.case import GENES, Case, Read, Refused, disease, facts, write_manifest
from tests.ingest.inputs.case import effects as made_effects
from tests.ingest.inputs.cells import (
    DONOR,
    SAME,
    TYPE,
    Build,
    Edit,
    beside,
    effects,
    in_text,
    lab,
    of_study,
    same,
    words,
)

BASES = "ACGT"
TRUTH = made_effects()
HALF = np.array([at % 12 >= 6 for at in range(72)])


def barcode(at: int) -> str:
    return "".join(BASES[(at // 4**k) % 4] for k in range(8)) + "ACGTACGT"


def called(change: Callable[[str], str]) -> Build:
    """Cells of a matrix called as Cell Ranger calls them, and otherwise in the sheet."""

    def form(made: anndata.AnnData, folder: Path) -> str:
        made.obs_names = [f"{barcode(at)}-1" for at in range(made.n_obs)]
        told = make_formats.cell_ranger_2(made, folder)
        made.obs_names = [change(str(name)) for name in made.obs_names]
        make_formats.sheet(made, folder)
        return told

    return lab(form=form)


def sheet(change: Callable[[list[str]], list[str]], **cells: object) -> Build:
    """The lines of the sheet by others; the first is the header."""
    edit: Edit = in_text("cells.csv", lambda text: "".join(change(text.splitlines(keepends=True))))
    return lab(edit=edit, form=make_formats.cell_ranger_2, **cells)


def silent(n: int) -> Callable[[anndata.AnnData], None]:
    """The cells of donor d1 have ``n`` counts in all."""

    def change(made: anndata.AnnData) -> None:
        x = made.X.toarray()
        x[12:24] = 0
        x[12, -1] = n
        made.X = sparse.csr_matrix(x)

    return change


def short(made: anndata.AnnData) -> None:
    """Donor d5 has 4 cells."""
    made._init_as_actual(made[:-8].copy())


def table(lines: list[str], columns: dict[str, str] | None = None, **more: object) -> Build:
    def build(folder: Path) -> Path:
        (folder / "t.csv").write_text("\n".join(lines) + "\n")
        spec = {
            "file": "t.csv",
            "gene_id": "symbol",
            "columns": columns or {"gene": "g", "effect": "e", "p": "p"},
        } | more
        return write_manifest(folder, facts(folder) | {"table": spec, "contrasts": [disease()]})

    return build


def rows(
    p: Callable[[int], float] = lambda at: (at + 1) / 50, group: Callable[[int], str] | None = None, head: str = ""
) -> list[str]:
    made = [f"g,e,p{',' + head if head else ''}"]
    return made + [f"{g},{e},{p(at):.6g}{',' + group(at) if group else ''}" for at, (g, e) in enumerate(TRUTH.items())]


def grouped(head: str, names: tuple[str, ...] = ("A", "B"), factor: float = -2) -> list[str]:
    """Every gene once a group; the effects of the second are others."""
    made = [f"g,e,p,{head}"]
    return made + [
        f"{g},{e * factor**k:.9g},{(at + 1) / 50:.6g},{name}"
        for k, name in enumerate(names)
        for at, (g, e) in enumerate(TRUTH.items())
    ]


MARKERS = ["gene,p_val,avg_log2FC,pct.1,pct.2,p_val_adj,cluster"] + [
    f"{g},{(at + 1) / 50:.6g},{e},0.5,0.4,1,{'0' if at < 20 else '1'}" for at, (g, e) in enumerate(TRUTH.items())
]
SEURAT = {"gene": "gene", "effect": "avg_log2FC", "p": "p_val"}
BULK = np.random.default_rng(4).integers(20, 90, (len(GENES), 7))


def bulk(change: Callable[[np.ndarray], np.ndarray] = lambda x: x) -> Build:
    def build(folder: Path) -> Path:
        values = change(BULK.copy())
        lines = [",".join(["gene", *(f"s{i}" for i in range(7))])]
        lines += [",".join(map(str, (gene, *row))) for gene, row in zip(GENES, values.tolist(), strict=True)]
        (folder / "c.csv").write_text("\n".join(lines) + "\n")
        (folder / "s.csv").write_text(
            "\n".join(["sample,arm", *(f"s{i},{'AD' if i % 2 else 'no'}" for i in range(7))]) + "\n"
        )
        spec = {
            "matrix": "c.csv",
            "samples": "s.csv",
            "gene_id": "symbol",
            "scale": "counts",
            "sample_column": "sample",
        }
        return write_manifest(
            folder, facts(folder) | {"counts": spec, "contrasts": [disease(case={"arm": "AD"}, control={"arm": "no"})]}
        )

    return build


def last(value: int) -> Callable[[np.ndarray], np.ndarray]:
    def change(x: np.ndarray) -> np.ndarray:
        made = x.astype(object)
        made[3, 6] = value
        return made

    return change


def empty(x: np.ndarray) -> np.ndarray:
    x[:, 6] = 0
    return x


SIX = {
    "a": effects(
        BULK[:, :6].T, [f"s{i}" for i in range(6)], ["case" if i % 2 else "normal" for i in range(6)], min_cells=1
    )
}
ALL = {"a": TRUTH}
CASES = [
    Case("every cell", 7, lab(), same("72 cells read from X = 72 used + 0 left out; used: 6 donors, 45 of 46 genes")),
    Case(
        "7 of 72 cells in the sheet",
        7,
        sheet(lambda x: x[:8]),
        Refused("NO_SUCH_CELLS", ("65 of 72 cells have none", "partial: true")),
    ),
    Case(
        "half of the cells in the sheet",
        7,
        sheet(lambda x: x[:37]),
        Refused("NO_SUCH_CELLS", ("36 of 72 cells have none",)),
    ),
    Case(
        "half of the cells of each donor, declared",
        7,
        sheet(lambda x: [x[0], *(line for at, line in enumerate(x[1:]) if not HALF[at])], partial=True, min_cells=1),
        Read(
            {"a.astrocyte": of_study(without=HALF, min_cells=1)},
            words=("= 36 used + 36 left out (36 have no row in cells.csv)",),
        ),
    ),
    Case(
        "most cells of each donor in the sheet",
        7,
        sheet(lambda x: [x[0], *(line for at, line in enumerate(x[1:]) if at % 12 != 3)]),
        Read(
            {"a.astrocyte": of_study(without=np.arange(72) % 12 == 3)},
            words=("66 used + 6 left out (6 have no row in cells.csv)",),
        ),
    ),
    Case(
        "more cells in the sheet than in the matrix",
        7,
        sheet(lambda x: [*x, *(line.replace("cell", "other", 1) for line in x[1:])]),
        SAME,
    ),
    Case("a sheet in another order", 7, sheet(lambda x: [x[0], *x[:0:-1]]), SAME),
    Case("a cell twice in the sheet", 7, sheet(lambda x: [*x, x[-1]]), Refused("DUPLICATE_CELLS", ("cell71",))),
    Case(
        "a sheet of other cells",
        7,
        sheet(lambda x: [x[0], *(f"c-{line}" for line in x[1:])]),
        Refused("NO_SUCH_CELLS", ("72 of 72",)),
    ),
    Case(
        "a sheet whose first column counts its rows",
        7,
        sheet(lambda x: [f",{x[0]}", *(f"{at},{line}" for at, line in enumerate(x[1:]))]),
        Refused("NO_SUCH_CELLS", ("cell_column: cell", "names 72 of the cells")),
    ),
    Case(
        "a sheet whose second column is named",
        7,
        sheet(lambda x: [f",{x[0]}", *(f"{at},{line}" for at, line in enumerate(x[1:]))], cell_column="cell"),
        SAME,
    ),
    *(
        Case(f"barcodes in the sheet {what}", 7, called(change), Refused("NO_SUCH_CELLS", (told,)))
        for what, change, told in (
            (
                "without a suffix",
                lambda name: name.removesuffix("-1"),
                "without the suffix after the last hyphen (-1), 72 of 72",
            ),
            ("with a dot", lambda name: name.replace("-", "."), "72 of 72 cells have a row"),
            ("with a library before", lambda name: f"lib1_{name}", "what precedes the first _, 72 of 72"),
            ("with a number behind", lambda name: f"{name}_7", "what follows the last _, 72 of 72"),
            ("in small letters", str.lower, "without capitals, 72 of 72"),
            ("as ArchR writes them", lambda name: f"lib1#{name}", "precedes the last #, 72 of 72"),
        )
    ),
    Case(
        "one barcode in two lanes",
        7,
        lab(lambda m: setattr(m, "obs_names", [f"cell{at % 60}" for at in range(72)])),
        Refused("DUPLICATE_CELLS", ("12 duplicates", "prefix")),
    ),
    Case(
        "three cells without a donor",
        7,
        lab(words(DONOR, None, None, None), min_cells=1),
        Read(
            {"a.astrocyte": of_study(without=slice(0, 3), min_cells=1)},
            words=("= 69 used + 3 left out (3 name no donor)",),
        ),
    ),
    Case(
        "three cells without a type",
        7,
        lab(words(TYPE, "unknown", "", "NA"), min_cells=1),
        Read(
            {"a.astrocyte": of_study(without=slice(0, 3), min_cells=1)},
            words=("= 69 used + 3 left out (3 name no cell type)",),
        ),
    ),
    Case(
        "a donor with few cells",
        7,
        lab(short, min_donors=2),
        Read(
            {"a.astrocyte": of_study(without=slice(60, 72))},
            words=("64 cells read from X = 60 used + 4 left out (4 are of a donor with fewer than 10",),
        ),
    ),
    Case(
        "a donor without a count",
        7,
        lab(silent(0), min_donors=2),
        Read(
            {"a.astrocyte": of_study(without=slice(12, 24))},
            words=("= 60 used + 12 left out (12 are of a donor without counts", "left out d1: no counts of the genes"),
        ),
    ),
    Case(
        "most cells without a donor",
        7,
        lab(words(DONOR, *["unassigned"] * 37)),
        Refused("NO_DONORS", ("37 of 72 cells",)),
    ),
    Case("no cell passes", 7, lab(qc={"min_counts": 10_000}), Refused("NO_CELLS", ("min_counts 10000: 72 removed",))),
    Case(
        "genes that nobody knows",
        7,
        lab(lambda m: m._init_as_actual(beside(m, ("XYZ1", "XYZ2")))),
        same("45 of 48 genes", quarantined=2),
    ),
    Case("a table to the end", 7, table(rows()), Read(ALL)),
    *(
        Case(
            f"a table cut at {limit:g}",
            7,
            table(rows(lambda at, limit=limit: (at + 1) / 46 * limit)),
            Read(ALL, words=("the table is cut",)),
        )
        for limit in (0.01, 0.05)
    ),
    Case(
        "a table cut by its FDR",
        7,
        table(
            [f"{line},{'q' if at == 0 else at / 1000}" for at, line in enumerate(rows())],
            {"gene": "g", "effect": "e", "p": "p", "fdr": "q"},
        ),
        Read(ALL, words=("the table is cut",)),
    ),
    Case("a table cut as declared", 7, table(rows(lambda at: (at + 1) / 1000), cut={"by": "p < 0.05"}), Read(ALL)),
    *(
        Case(
            f"groups in a column called {head}",
            7,
            table(grouped(head)),
            Refused("SEVERAL_GROUPS", (f"'{head}' has 'A', 'B'", f"where: {{{head}: 'A'}}")),
        )
        for head in ("cluster", "comparison", "cell_type", "anything")
    ),
    Case("groups of which one is chosen", 7, table(grouped("group"), where={"group": ["A"]}), Read(ALL)),
    Case(
        "groups of which the other is chosen",
        7,
        table(grouped("group"), where={"group": ["B"]}),
        Read({"a": {g: -2 * e for g, e in TRUTH.items()}}),
    ),
    Case(
        "groups of which both are chosen",
        7,
        table(grouped("group"), where={"group": ["A", "B"]}),
        Refused("SEVERAL_GROUPS"),
    ),
    Case("groups of which none is chosen", 7, table(grouped("group"), where={"group": ["C"]}), Refused("NO_ROWS")),
    Case(
        "groups called by numbers",
        7,
        table(grouped("cluster", ("0", "1", "2"), 0.5)),
        Refused("SEVERAL_GROUPS", ("'0', '1', '2'",)),
    ),
    Case(
        "contrasts that share no gene",
        7,
        table(rows(group=lambda at: "AD" if at < 20 else "FTD", head="contrast")),
        Refused("SEVERAL_GROUPS", ("'AD', 'FTD'",)),
    ),
    Case(
        "markers that clusters do not share",
        7,
        table(MARKERS, SEURAT),
        Refused("SEVERAL_GROUPS", ("'cluster' has '0', '1'",)),
    ),
    Case(
        "markers of one cluster",
        7,
        table(MARKERS, SEURAT, where={"cluster": ["0"]}),
        Read({"a": dict(list(TRUTH.items())[:20])}),
    ),
    Case(
        "a column that tells genes apart",
        7,
        table(rows(group=lambda at: "up" if at < 20 else "down", head="direction")),
        Read(ALL),
    ),
    Case("one contrast by name", 7, table(rows(group=lambda _: "AD", head="contrast")), Read(ALL)),
    Case("a sample without a count", 7, bulk(empty), Read(SIX, words=("left out s6: no counts of any gene",))),
    Case("a count that wrapped around", 7, bulk(last(2**64 - 1)), Refused("HUGE_COUNT", (GENES[3],))),
    Case("a count of a 32-bit maximum", 7, bulk(last(2**31)), Refused("HUGE_COUNT", ("2147483648",))),
    Case(
        "samples of one depth",
        7,
        bulk(lambda x: np.round(x / x.sum(axis=0) * 1e6).astype(int)),
        Refused("NORMALISED", ("in each of 7 samples",)),
    ),
]
