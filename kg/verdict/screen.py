"""All sides that a contrast may be compared with, as blocks of stacks (``kg.match.masked``), and what is known of them
without opening a vector: who is pooled, why others are not, and who lends whom noise.

States and single contrasts of a species, each over a space; and for likeness the bare vectors of a species.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kg.curie import HUMAN
from kg.match.combine import pooled
from kg.match.likeness import LEAST_GENES, LIKE
from kg.match.masked import Row, Screened, screen
from kg.match.pair import State
from kg.match.space import Space
from kg.sides.catalog import Catalog, ContrastInfo
from kg.sides.human import Members, StateSide, alone, engineered, pool_of, state_side
from kg.sides.workspace import Workspace
from kg.signatures.store import Signature
from kg.verdict.blocks import Block, Facts, block, place_of

Mask = NDArray[np.bool_]
ROUNDING = 0.01
"""By how much a correlation of the products may be below that of the vectors."""
FEW = 50
"""Up to this many sides, each is tested on its own: a block would cost more than it saves."""


@dataclass(frozen=True)
class Sides:
    """``rows``: id of a state or contrast -> its row in the stack; those that cannot be tested have none."""

    block: Block
    rows: dict[str, int]


def row_of(state: State, allowed: Mask) -> Row:
    """A state, or a contrast that stands for itself, over the features that all of its cohorts have and that none of
    them engineers (``allowed``)."""
    mask = state.measured & allowed
    combined = pooled([cohort.component for cohort in state.cohorts])
    owners = combined.owners
    factors = [(key, owners[key].factor, square) for key, square in combined.squares.items()]
    return Row(np.where(mask, combined.vector, 0.0), mask, combined.df, factors)


def prepare(ws: Workspace) -> int:
    """The blocks that an upload of either species, or a drug, asks for first, where there are many sides; how many. A
    block that cannot be written now is made by the first question that can write it."""
    catalog = ws.catalog
    count = Counter(c.taxon for c in catalog.contrasts.values())
    wanted: list[Callable[[], Sides]] = [
        lambda taxon=taxon: alike(ws, taxon) for taxon, n in sorted(count.items()) if n > FEW
    ]
    for taxon in sorted(count):
        know_genes(ws, taxon)
    if len(catalog.states) > FEW:
        spaces = [
            *(ws.space("one2one", model) for model in ws.models),
            *([ws.space_within(HUMAN)] if count[HUMAN] else []),
        ]
        wanted += [lambda space=space: states(ws, space) for space in spaces]
    if sum(c.model is not None for c in catalog.contrasts.values()) > FEW:
        models = {c.taxon for c in catalog.contrasts.values() if c.model} - {HUMAN}
        wanted += [
            lambda taxon=taxon: contrasts(ws, taxon, ws.space("one2one", taxon))
            for taxon in sorted(models & {*ws.models})
        ]
        drugged = {c.taxon for c in catalog.contrasts.values() if c.drug} & models
        wanted += [lambda taxon=taxon: contrasts(ws, taxon, ws.space_within(taxon)) for taxon in sorted(drugged)]
    return len([make() for make in wanted])


def can_keep(ws: Workspace) -> bool:
    """Whether blocks can be written in the home; where not, each pair is tested on its own."""
    home = place_of(ws)
    return os.access(home if home.exists() else home.parent, os.W_OK)


def know_genes(ws: Workspace, taxon: str) -> None:
    """The genes of a species, where it has many contrasts, are kept beside the blocks."""

    def opened() -> NDArray[np.str_]:
        found = block(ws, f"genes of {taxon}", 1, lambda: ((), lambda: {"genes": ws.genes_of_all(taxon).tolist()}))
        return np.array(found.facts["genes"])

    if sum(c.taxon == taxon for c in ws.catalog.contrasts.values()) > FEW:
        ws.tell(("genes within", taxon), opened)


def states(ws: Workspace, space: Space) -> Sides:
    """All states of the graph over a space."""
    here = ws.catalog.states.values()
    return _sides(
        ws,
        f"states over {space.key}",
        space,
        ((info.id, lambda info=info: state_side(ws, info, space)) for info in here),
    )


def contrasts(ws: Workspace, taxon: str, space: Space) -> Sides:
    """All contrasts of a species over a space, each by itself."""
    here = [c for c in ws.catalog.contrasts.values() if c.taxon == taxon]
    return _sides(
        ws, f"contrasts of {taxon} over {space.key}", space, ((c.id, lambda c=c: alone(ws, c, space)) for c in here)
    )


def alike(ws: Workspace, taxon: str) -> Sides:
    """The vectors of a species over all of its genes, with no noise: for likeness alone."""
    know_genes(ws, taxon)
    space = ws.space_within(taxon)
    there = [c for c in ws.catalog.contrasts.values() if c.taxon == taxon and c.id in ws.signatures.index]

    def make():
        rows: dict[str, int] = {c.id: at for at, c in enumerate(there)}
        return (_bare(ws, c, space) for c in there), lambda: {"rows": rows}

    def opened() -> Sides:
        found = block(ws, f"vectors of {taxon}", len(space.features), make)
        return Sides(found, found.facts["rows"])

    return ws.tell(("vectors", taxon), opened)


def nearly_alike(ws: Workspace, signature: Signature) -> list[ContrastInfo]:
    """Stored contrasts of the species of a signature that may be of the same samples, in the order of the catalogue."""
    sides = alike(ws, signature.taxon)
    space = ws.space_within(signature.taxon)
    if sides.block.stack is None:
        return []
    vector, mask = space.project(signature.taxon, signature.genes, np.asarray(signature.vector))
    found = screen(sides.block.stack, vector, np.zeros((0, len(mask))), 1, mask)
    # Without noise nothing is sure; the correlation is there all the same.
    near = {
        name
        for name, row in sides.rows.items()
        if abs(found.score[row]) > LIKE - ROUNDING and found.n_features[row] >= LEAST_GENES
    }
    return [c for c in ws.catalog.contrasts.values() if c.id in near]


def _bare(ws: Workspace, info: ContrastInfo, space: Space) -> Row:
    signature = ws.signatures.get(info.id)
    vector, mask = space.project(info.taxon, signature.genes, np.asarray(signature.vector))
    size = float(np.sqrt(np.mean(vector[mask] ** 2))) if mask.any() else 0.0
    return Row(vector / (size or 1.0), mask, 1, [])


def _sides(ws: Workspace, kind: str, space: Space, sides: Iterable[tuple[str, Callable[[], StateSide]]]) -> Sides:
    key = ("sides", kind, ws.part)

    def make():
        rows: dict[str, int] = {}

        def each() -> Iterator[Row]:
            for name, side in sides:
                made = side()
                if made.state is not None:
                    rows[name] = len(rows)
                    yield row_of(made.state, ws.allowed(space, engineered_of(made)))

        return each(), lambda: {"rows": rows, **_said(ws)}

    def opened() -> Sides:
        found = block(ws, f"{kind}{ws.part}", len(space.features), make)
        _learn(ws, found.facts)
        return Sides(found, found.facts["rows"])

    return ws.tell(key, opened)


def engineered_of(side: StateSide) -> tuple[str, ...]:
    return tuple(sorted({symbol for info in side.pool for symbol in info.engineered}))


def _said(ws: Workspace) -> Facts:
    """What was found of every contrast and state, for a process that opens the block and not the vectors."""
    catalog = ws.catalog
    lent = {
        c.id: [r.id for r in ws.references_for(c)]
        for c in catalog.contrasts.values()
        if c.noise == "reference" and ws.has(c.id)
    }
    sizes = {c.id: ws.size(c.id) for c in catalog.contrasts.values() if ws.has(c.id)}
    pools = {}
    for info in catalog.states.values():
        known = pool_of(ws, info)
        pools[info.id] = [
            [c.id for c in known.pool],
            [[c.id, why] for c, why in known.apart],
            [c.id for c in known.plain],
        ]
    return {"lent": lent, "sizes": sizes, "pools": pools}


def _learn(ws: Workspace, facts: Facts) -> None:
    catalog = ws.catalog
    for key, lenders in facts["lent"].items():
        ws.tell(("references", key, ws.part), lambda lenders=lenders: tuple(catalog.references[r] for r in lenders))
    for key, size in facts["sizes"].items():
        ws.tell(("size", key, ws.part), lambda size=size: size)
    for state, told in facts["pools"].items():
        ws.tell(("pool", state, "", ws.part), lambda told=told: _members_of(catalog, *told))


def _members_of(catalog: Catalog, pool: list[str], apart: list[list[str]], plain: list[str]) -> Members:
    of = catalog.contrasts
    return Members(tuple(of[c] for c in pool), tuple((of[c], why) for c, why in apart), tuple(of[c] for c in plain))


def screened(ws: Workspace, contrast: ContrastInfo, space: Space, sides: Sides) -> Screened | None:
    """A contrast that can be tested against all of the sides; None where none of them can."""
    if sides.block.stack is None:
        return None
    reference = None if contrast.noise == "donors" else ws.references_for(contrast)[0]
    part = ws.projected(contrast, space, reference)
    mask = part.measured & ws.allowed(space, engineered(contrast, ()))
    c = part.component
    return screen(sides.block.stack, c.vector, np.asarray(c.factor), c.df, mask)
