"""What a match may compare: genes, sets of genes, factors. One entry per level; every room reads it here.

A new level is an entry and its kernel: over sets of genes a table in the signature store (``sets``), of single cells
what writes the part of each contrast that the level compares.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Compared:
    """A level of a match.

    ``doc``: what is compared, in one line. ``units``: its features in words; ``change``: what features do, followed by
    "alike". ``least``: fewest features that both sides must share for a test. ``target``: label of a feature's node.
    ``of_cells``: made of single cells and stored beside the contrast as its part. ``sets``: table of the signature
    store whose sets are the features, "" where features are genes. ``reads``: prefixes of the names of tables that a
    match depends on. ``brought``: its sets come with the question, so that nothing of it is stored.
    """

    doc: str
    units: str
    change: str
    least: int
    target: str = "Gene"
    of_cells: bool = False
    sets: str = ""
    reads: tuple[str, ...] = ()
    brought: bool = False

    @property
    def by_gene(self) -> bool:
        """Features are genes, or factors by their genes."""
        return not self.sets


_REGULONS, _MODULES = ("regulons/",), ("modules/",)
LEVELS: dict[str, Compared] = {
    "gene": Compared("effects of genes", "genes", "genes change", least=200),
    "module": Compared(
        "co-expression modules, by the effects of their genes",
        "modules",
        "modules change",
        least=10,
        target="GeneModule",
        sets="modules/ampad",
        reads=_MODULES,
    ),
    "regulon": Compared(
        "regulons of a curated network, by the effects of their targets (needs no cells)",
        "regulons",
        "regulons change",
        least=20,
        target="Regulon",
        sets="regulons/collectri",
        reads=_REGULONS,
    ),
    "activity": Compared(
        "activity of factors, by AUCell of single cells",
        "factors",
        "factors change in activity",
        least=20,
        of_cells=True,
        reads=_REGULONS,
    ),
    "rewiring": Compared(
        "rewiring: how strongly factors drive their targets in the network of each donor's cells",
        "factors",
        "factors drive their targets more or less strongly",
        least=20,
        of_cells=True,
        reads=_REGULONS,
    ),
    "sets": Compared(
        "gene sets of a file of the asker's own (GMT), by the effects of their genes",
        "gene sets",
        "gene sets change",
        least=1,
        target="",
        sets="sets/brought",
        reads=("sets/",),
        brought=True,
    ),
}
OF_CELLS = tuple(name for name, level in LEVELS.items() if level.of_cells)
BY_GENE = tuple(name for name, level in LEVELS.items() if level.by_gene)
MAIN = "gene"
"""The level of a question that names none."""
BROUGHT = "sets"
"""The level of sets that come with a question."""


def offered() -> tuple[str, ...]:
    """Levels that a question may name and a match of the graph may have."""
    return tuple(name for name, level in LEVELS.items() if not level.brought)


def part_of(contrast: str, level: str) -> str:
    """Where the signature store keeps what a level compares of a contrast."""
    return f"{contrast}#{level}" if LEVELS[level].of_cells else contrast


def level_of(part: str) -> str:
    """The level of a part, which begins with #; of the whole contrast the main one."""
    return part.removeprefix("#") or MAIN
