"""What is simulated and what is measured stand in graphs of their own.

A simulated study brings genes, orthologs and states of its own making. Beside measured ones they would be answers that
nobody measured, and would take the place of the real genes; so the second kind to come is refused, whichever it is.
"""

from collections.abc import Iterable
from pathlib import Path

from ingest.batch import Batch
from kg.errors import ContractError, Issue
from kg.store.driver import Store

_KINDS = "MATCH (d:Dataset) RETURN coalesce(d.simulated, false) AS simulated, min(d.id) AS id"
_NAMES = {True: "simulated", False: "measured"}


def kinds_in_graph(store: Store) -> dict[bool, str]:
    """Whether simulated (True) or measured (False) -> a dataset of that kind."""
    return {bool(row["simulated"]): row["id"] for row in store.read(_KINDS)}


def misplaced(batches: Iterable[Batch], there: dict[bool, str], home: Path) -> dict[str, ContractError]:
    """Source -> the error of a manifest whose dataset is not of the graph's kind, code SIMULATED_BESIDE_MEASURED.

    ``there``: of :func:`kinds_in_graph`. Where both come at once, or stand there from of old, the measured ones stay.
    """
    brought: dict[str, dict[bool, str]] = {}
    for batch in batches:
        for row in batch.nodes.get("Dataset", ()):
            brought.setdefault(batch.source, {})[bool(row.get("simulated"))] = row["id"]
    old = {False: there[False]} if False in there else there
    measured = [of[False] for of in brought.values() if False in of]
    kinds = old or ({False: min(measured)} if measured else {True: ""})
    return {
        source: refused(source.removeprefix("dataset/"), simulated, kinds[not simulated], home)
        for source, of in brought.items()
        for simulated in of
        if simulated not in kinds
    }


def refused(what: str, simulated: bool, other: str, home: Path) -> ContractError:
    new = home.with_name(f"{home.name}-{_NAMES[simulated]}")
    rule = "SIMULATED_BESIDE_MEASURED: simulated and measured data are kept in separate graphs"
    fix = f"give it a separate home, with a separate graph if that is Neo4j: ORTHOKG_HOME={new} orthokg ingest ..."
    return ContractError(
        [
            Issue(
                what,
                rule,
                f"{_NAMES[simulated]} data, for a graph that holds {_NAMES[not simulated]} data ({other})",
                fix,
            )
        ],
        code="SIMULATED_BESIDE_MEASURED",
    )
