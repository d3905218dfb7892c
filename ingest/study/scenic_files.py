"""Networks that others inferred, as SCENIC's tools leave them: read as text and numbers, nothing in them is executed.

| format | made by | gives |
|---|---|---|
| motifs | ``pyscenic ctx`` (Aibar 2017, doi 10.1038/nmeth.4463) | pruned targets of all motifs, the largest weight |
| gmt | ``pyscenic ctx`` to a .gmt, or any gene sets named by their factor | pruned, no weights |
| loom | SCENIC's loom with the row attribute ``Regulons`` | pruned, no weights |
| adjacencies | GRNBoost2, GENIE3 (Moerman 2019, doi 10.1093/bioinformatics/bty916) | importance, unpruned |

Traps: the motif table has three header lines and Python literals in two columns, with ``np.float64(…)`` around numbers
when it was written under NumPy 2; pyscenic reads it by ``eval``. A factor that represses is told by the context
``repressing`` there, elsewhere by ``(-)`` in the regulon's name; R's SCENIC writes ``Dlx1_extended (57g)``, SCENIC+
``ARID5B_direct_+/+_(12g)`` (Bravo Gonzalez-Blas 2023, doi 10.1038/s41592-023-01938-4). Pickled
regulons (.p, .pkl, .dat) are refused.
"""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import pandas as pd

from ingest.batch import Quarantined
from ingest.files.frames import broken, text_of
from ingest.files.untrusted.hdf5 import need_list, open_h5
from kg.files.regular import reading
from kg.tables.numbers import read_numbers
from kg.tables.reading import frame_of

MOTIFS, GMT, LOOM, ADJACENCIES = "motifs", "gmt", "loom", "adjacencies"
_PICKLES = (".p", ".pkl", ".pickle", ".dat")
_NAME = re.compile(
    r"^(?P<tf>.+?)(?:[_ ](?:direct|extended))?(?:[_ ]?\((?P<sign>[+-])\)|[_ ](?P<way>[+-])(?:[/_][+-])?)?(?:-motif)?[_"
    r" ]*(?:\(\d+\s*[gr]\))?$"
)
_ITEM = re.compile(
    r"\(\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")\s*,\s*(?:np\.float\d+\()?([-+\w.]+?)\)?\s*\)\s*(,?)\s*"
)
_WORD = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_HEADS = {
    "tf": ("tf", "regulatorygene", "regulator", "source"),
    "target": ("target", "targetgene", "gene"),
    "importance": ("importance", "weight"),
}


class Edges(NamedTuple):
    """Edges of a file, one row per edge: ``table`` has tf, target, weight (>= 0), sign (1, -1, 0) and row, the line of
    data that it was read from; no (tf, sign, target) occurs twice. ``context``: words on each (tf, sign)."""

    table: pd.DataFrame
    context: dict[tuple[str, int], tuple[str, ...]]
    bad: list[Quarantined]
    pruned: bool
    engine: str


def read_edges(path: Path, form: str | None = None) -> Edges:
    """Edges of a file; the format is taken from its name where it is not given.

    Raises:
        ContractError: MISSING_FILE, PICKLED, UNKNOWN_FORMAT, NOT_HDF5, NO_REGULONS, WRONG_COLUMNS, and as ``text_of``.
    """
    names = [suffix.lower() for suffix in path.suffixes]
    if any(name in _PICKLES for name in names):
        fix = "export the regulons as .gmt or the motif table as .csv: a pickle can run code and is never opened"
        raise broken("PICKLED", path.name, "regulons are text or loom", "a pickle", fix)
    chosen = form or _told_by(path, names)
    if chosen not in _READERS:
        raise broken("UNKNOWN_FORMAT", path.name, f"the format is one of {', '.join(_READERS)}", chosen, "declare one")
    return _READERS[chosen](path)


def _told_by(path: Path, names: list[str]) -> str:
    for form, suffix in ((GMT, ".gmt"), (LOOM, ".loom")):
        if suffix in names:
            return form
    head = text_of(path)[:20_000]
    return MOTIFS if "MotifID" in head and "TargetGenes" in head else ADJACENCIES


def regulon_name(name: str) -> tuple[str, int]:
    """(factor, sign) of a regulon's name in any of SCENIC's manners; sign 0 where it has none. Of SCENIC+'s two signs
    the first is that of factor and gene, the second that of region and gene."""
    found = _NAME.match(name.strip())
    if not found:
        return name.strip(), 0
    return found["tf"], {"+": 1, "-": -1, None: 0}[found["sign"] or found["way"]]


def read_motifs(path: Path) -> Edges:
    try:
        lines = pd.read_csv(
            io.StringIO(text_of(path)),
            sep="\t" if ".tsv" in path.suffixes else ",",
            header=None,
            dtype=str,
            keep_default_na=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        fix = "give the table as ctx wrote it"
        raise broken("BAD_ROWS", path.name, "a motif table of pyscenic ctx", str(error).strip(), fix) from None
    at = next((i for i in range(min(5, len(lines))) if list(lines.iloc[i, :2]) == ["TF", "MotifID"]), None)
    heads = lines.iloc[: (at or 0) + 1]
    names = [next((cell for cell in reversed(heads[column].tolist()) if cell), "") for column in lines]
    wanted = ["TF", "MotifID", "NES", "Context", "TargetGenes"]
    missing = [name for name in wanted if name not in names]
    if at is None or missing:
        found = "no line that starts with TF,MotifID" if at is None else f"no column {', '.join(missing)}"
        raise broken(
            "WRONG_COLUMNS", path.name, "a motif table of pyscenic ctx", found, "give the table as ctx wrote it"
        )
    table = lines.iloc[at + 1 :].set_axis(names, axis=1)
    best: dict[tuple[str, int, str], tuple[float, int]] = {}
    top: dict[tuple[str, int], tuple[float, str, set[str]]] = {}
    bad: list[Quarantined] = []
    for row, (tf, motif, nes, context, targets) in enumerate(table[wanted].itertuples(index=False), start=1):
        made = _targets(targets)
        score = _number(nes)
        if not tf or score is None or made is None:
            rule, value = (
                ("no-factor", tf) if not tf else ("bad-number", nes) if score is None else ("bad-targets", targets)
            )
            bad.append(Quarantined(path.name, row, rule, value[:200], "write the table again with pyscenic ctx"))
            continue
        words = {a or b for a, b in _WORD.findall(context)}
        key = tf, -1 if "repressing" in words else 1
        before = top.get(key, (-np.inf, "", set()))
        top[key] = (*max(before[:2], (score, motif)), before[2] | words)
        for target, weight in made:
            if weight > best.get((*key, target), (-1.0, 0))[0]:
                best[*key, target] = weight, row
    contexts = {key: (f"motif {motif}", *sorted(words)) for key, (_, motif, words) in top.items()}
    rows = [(tf, target, weight, sign, row) for (tf, sign, target), (weight, row) in best.items()]
    return _edges(path, rows, contexts, bad, pruned=True, engine="pyscenic")


def _targets(text: str) -> list[tuple[str, float]] | None:
    """Names and weights of a literal list of pairs; None where it is anything else."""
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return None
    made, at, end = [], 1, len(text) - 1
    while at < end:
        item = _ITEM.match(text, at, end)
        weight = None if item is None else _number(item[3])
        if item is None or weight is None or weight < 0 or (not item[4] and item.end() != end):
            return None
        name = item[1] if item[1] is not None else item[2]
        made.append((re.sub(r"\\(.)", r"\1", name), weight))
        at = item.end()
    return made


def _number(text: str) -> float | None:
    try:
        made = float(text)
    except ValueError:
        return None
    return made if np.isfinite(made) else None


def read_gmt(path: Path) -> Edges:
    rows: dict[tuple[str, int, str], int] = {}
    bad: list[Quarantined] = []
    for row, line in enumerate(filter(str.strip, text_of(path).split("\n")), start=1):
        separator = "\t" if "\t" in line else ","
        name, _, rest = line.partition(separator)
        targets = [cell.strip() for cell in rest.split(separator)[1:]]
        targets = [cell for cell in targets if cell]
        if not name.strip() or not targets:
            rule = "no-factor" if not name.strip() else "no-targets"
            bad.append(Quarantined(path.name, row, rule, line[:200], "a line is a name, a description, then the genes"))
            continue
        tf, sign = regulon_name(name)
        for target in targets:
            rows.setdefault((tf, sign, target), row)
    made = [(tf, target, 1.0, sign, row) for (tf, sign, target), row in rows.items()]
    return _edges(path, made, {}, bad, pruned=True, engine="pyscenic")


def read_loom(path: Path) -> Edges:
    fix = "give the whole loom that pyscenic aucell or SCENIC wrote"
    with open_h5(path) as file, reading(path, "the table of regulons", fix, "NO_REGULONS"):
        attributes: Any = file.get("row_attrs")
        if not isinstance(attributes, h5py.Group) or _missing(attributes):
            found = (
                f"no {' and no '.join(_missing(attributes))}" if isinstance(attributes, h5py.Group) else "no row_attrs"
            )
            raise broken("NO_REGULONS", path.name, "the row attributes are Gene and Regulons", found, fix)
        genes = [_word(gene) for gene in need_list(attributes["Gene"], path, "row_attrs/Gene")[()]]
        table = need_list(attributes["Regulons"], path, "row_attrs/Regulons", len(genes))[()]
    names = table.dtype.names
    if names is None or any(table.dtype[name].kind not in "biuf" for name in names):
        raise broken("NO_REGULONS", path.name, "Regulons is a table of genes x regulons", table.dtype, fix)
    rows: dict[tuple[str, int, str], int] = {}
    for row, name in enumerate(names, start=1):
        for at in np.flatnonzero(table[name]):
            rows.setdefault((*regulon_name(name), genes[at]), row)
    made = [(tf, target, 1.0, sign, row) for (tf, sign, target), row in rows.items()]
    return _edges(path, made, {}, [], pruned=True, engine="SCENIC")


def _missing(attributes: Any) -> list[str]:
    return [name for name in ("Gene", "Regulons") if name not in attributes]


def _word(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def read_adjacencies(path: Path) -> Edges:
    text = text_of(path)
    first = text.split("\n", 1)[0]
    separator = "\t" if "\t" in first else ","
    names = [cell.strip().strip('"') for cell in first.split(separator)]
    headless = len(names) == 3 and _number(names[2]) is not None
    head = separator.join(("tf", "target", "importance")) + "\n" if headless else ""
    lines = frame_of(path, [(head + text).encode()])
    columns = {
        field: next((c for c in lines if str(c).strip().lower() in names), None) for field, names in _HEADS.items()
    }
    if missing := [field for field, column in columns.items() if column is None]:
        there = f"the columns are {', '.join(map(repr, lines.columns[:10]))}"
        raise broken(
            "WRONG_COLUMNS", path.name, "adjacencies have TF, target and importance", f"no {', '.join(missing)}", there
        )
    table = pd.DataFrame({field: lines[column].str.strip() for field, column in columns.items()})
    weight = read_numbers({"importance": table["importance"].to_numpy(object)}, path.name)["importance"]
    named = ((table["tf"] != "") & (table["target"] != "")).to_numpy(bool)
    # SCENIC+ names the factor of an edge by its regulon.
    regulons = [regulon_name(tf) for tf in table["tf"]]
    table = table.assign(tf=[tf for tf, _ in regulons], way=[way for _, way in regulons])
    sign = table["way"].to_numpy(int)
    if "regulation" in lines:
        sign = np.sign(np.nan_to_num(np.asarray(pd.to_numeric(lines["regulation"], errors="coerce"), float))).astype(
            int
        )
    number = np.isfinite(weight) & (weight >= 0)
    twice = table.duplicated(["tf", "target", "way"]).to_numpy(bool) & named & number
    rules = np.select([~named, ~number, twice], ["no-name", "bad-number", "double"], default="")
    remedy = {
        "no-name": "an edge has a factor and a target",
        "bad-number": "an importance is a number of at least 0",
        "double": "this pair has an earlier row: only the first is taken",
    }
    bad = [
        Quarantined(path.name, int(at) + 1, rules[at], " ".join(table[list(_HEADS)].iloc[at])[:200], remedy[rules[at]])
        for at in np.flatnonzero(rules != "")
    ]
    made = table.assign(weight=weight, sign=sign, row=np.arange(1, len(table) + 1))[rules == ""]
    made = made[["tf", "target", "weight", "sign", "row"]].reset_index(drop=True)
    return Edges(made, {}, bad, False, "grnboost2")


def _edges(
    path: Path,
    rows: list[tuple[str, str, float, int, int]],
    context: dict[tuple[str, int], tuple[str, ...]],
    bad: list[Quarantined],
    *,
    pruned: bool,
    engine: str,
) -> Edges:
    table = pd.DataFrame(rows, columns=["tf", "target", "weight", "sign", "row"])
    if table.empty:
        raise broken("NO_REGULONS", path.name, "the file holds regulons", "none that can be read", "export it again")
    return Edges(table, context, bad, pruned, engine)


_READERS: dict[str, Callable[[Path], Edges]] = {
    MOTIFS: read_motifs,
    GMT: read_gmt,
    LOOM: read_loom,
    ADJACENCIES: read_adjacencies,
}
