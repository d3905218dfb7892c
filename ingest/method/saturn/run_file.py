"""The inputs of a run: SATURN's own table (path, species, embedding_path), or the same in YAML with labels and
batch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.files.frames import broken, read_frame
from ingest.manifest.typed_yaml import read_yaml, text_of
from kg.errors import ContractError, Issue

COLUMNS = ("path", "species", "embedding_path")
SCALES = ("counts", "corrected")


@dataclass(frozen=True)
class Source:
    """One species of a run; paths are absolute; ``scale``: ``corrected`` where a known correction left fractions of
    counts."""

    species: str
    path: Path
    embedding: Path
    scale: str = "counts"


@dataclass(frozen=True)
class RunFile:
    """``control``: 0 for the run itself; from 1, the control run in which gene vectors are shuffled."""

    sources: tuple[Source, ...]
    labels: str | None = None
    batch: str | None = None
    control: int = 0


def read_run(path: Path) -> RunFile:
    """Read ``RUN.csv`` or ``RUN.yaml``; paths in it may be relative to it.

    Raises ContractError with every issue: a column or file that is missing, a species twice, fewer than two species.
    """
    if path.suffix.lower() in (".yaml", ".yml"):
        rows, facts = _yaml(path)
    else:
        frame = read_frame(path)
        if missing := [c for c in COLUMNS if c not in frame]:
            raise broken(
                "WRONG_COLUMNS", path.name, f"a run file has {','.join(COLUMNS)}", list(frame.columns), f"add {missing}"
            )
        rows, facts = frame[[c for c in (*COLUMNS, "scale") if c in frame]].to_dict("records"), {}
    issues: list[Issue] = []
    seen: set[str] = set()
    made = []
    for n, row in enumerate(rows, start=1):
        where = f"{path.name}: row {n}"
        if missing := [c for c in COLUMNS if not str(row.get(c) or "").strip()]:
            issues.append(Issue(where, "MISSING_VALUE: each species has all three", ", ".join(missing), "fill it in"))
            continue
        cells, vectors = (path.parent / str(row[c]).strip() for c in ("path", "embedding_path"))
        source = Source(str(row["species"]).strip(), cells, vectors, str(row.get("scale") or "counts").strip())
        if source.scale not in SCALES:
            rule = f"BAD_VALUE: scale is {' or '.join(SCALES)}"
            issues.append(Issue(f"{where}: scale", rule, source.scale, "leave it out where counts are whole"))
        if source.species in seen:
            issues.append(
                Issue(where, "DUPLICATE_SPECIES: a species has one row", source.species, "join its files first")
            )
        seen.add(source.species)
        for column, file in (("path", source.path), ("embedding_path", source.embedding)):
            if not file.is_file():
                issues.append(
                    Issue(f"{where}: {column}", "MISSING_FILE: the file must exist", str(file), "correct the path")
                )
        made.append(source)
    if len(rows) < 2:
        issues.append(Issue(path.name, "FEW_SPECIES: a run has two species or more", str(len(rows)), "add a row"))
    if issues:
        raise ContractError(issues, code=issues[0].rule.split(":", 1)[0])
    return RunFile(tuple(made), facts.get("labels"), facts.get("batch"))


def _yaml(path: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    told = read_yaml(text_of(path, "a run", "BAD_YAML"), path.name, "a run", "BAD_YAML")
    known = {"cells", "labels", "batch"}
    if not isinstance(told, dict) or not isinstance(told.get("cells"), list) or set(told) - known:
        found = sorted(told) if isinstance(told, dict) else type(told).__name__
        rule = (
            "a run has 'cells' (a list with path, species, embedding_path, and scale if need be), and may have 'labels'"
            " and 'batch'"
        )
        raise broken("BAD_RUN", path.name, rule, found, "see ingest/README.md")
    rows = [row if isinstance(row, dict) else {} for row in told["cells"]]
    return rows, {k: str(told[k]) for k in ("labels", "batch") if told.get(k)}
