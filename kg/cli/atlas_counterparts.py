"""The command ``orthokg atlas counterparts``: two atlases of two species, at a level of their trees."""

import json
from typing import TYPE_CHECKING

import click

from kg.cli.main import opened, print_rows

if TYPE_CHECKING:
    from kg.read.counterparts import AtlasCounterparts, AtlasNode

_COLUMNS = [
    "atlas", "condition", "node", "populations", "tested", "counterpart", "share", "share_back", "reciprocal",
    "population", "population_there", "embedding", "score_kind", "score", "p", "q", "null", "scores_agree", "reason",
]  # fmt: skip


@click.command()
@click.argument("a")
@click.argument("b")
@click.option(
    "--level",
    type=click.Choice(["whole", "class", "subclass", "type"]),
    default="class",
    show_default=True,
    help="All of the atlas; nodes below the root of its tree; those below these; its types.",
)
@click.option("--format", "form", type=click.Choice(["text", "tsv", "json"]), default="text", show_default=True)
@click.pass_context
def counterparts(ctx: click.Context, a: str, b: str, level: str, form: str) -> None:
    """Which cell types of atlas A correspond to which of atlas B, of another species, and which to none.

    \b
      orthokg atlas counterparts mouse-brain human-brain --level subclass
      orthokg atlas counterparts mouse-brain/microglia human-brain/microglia --level type

    By the correspondences of the graph (orthokg correspond), healthy cells and each disease apart where an embedding
    says what its cells are of.
    """
    from kg.atlas.objects import ObjectStore
    from kg.read.counterparts import counterparts as ask

    found = ask(opened(ctx, read_only=True), ObjectStore.of(), a, b, level=level)
    if form == "json":
        click.echo(json.dumps(found.to_json(), indent=1, ensure_ascii=False))
    elif form == "tsv":
        sides = ((a, found.nodes_a), (b, found.nodes_b))
        print_rows(_COLUMNS, [row for name, nodes in sides for node in nodes for row in _rows(name, node)], form)
    else:
        click.echo("\n".join(text(a, b, found)))


def _rows(atlas: str, node: "AtlasNode") -> list[list[object]]:
    """One for each score of each pair; one without where a node has no counterpart."""
    begin: list[object] = [atlas, node.condition_label, node.node, node.populations, node.tested]
    made = [
        [
            *begin, other.node, round(other.share, 4), round(other.share_back, 4), other.reciprocal, pair.label,
            pair.counterpart_label, pair.embedding, score.kind, score.value, score.p, score.q, score.null, pair.agrees,
            node.reason,
        ]
        for other in node.counterparts
        for pair in other.pairs
        for score in pair.scores
    ]  # fmt: skip
    return made or [[*begin, *[None] * (len(_COLUMNS) - len(begin) - 1), node.reason]]


def text(a: str, b: str, found: "AtlasCounterparts") -> list[str]:
    """Both atlases in turn, by condition; a line for each node, and one for each pair below it."""
    made = [f"{a} beside {b}, level: {found.level}; embeddings: {', '.join(found.embeddings) or 'none'}"]
    made += [f"caveat: {text}" for text in found.caveats]
    for name, other, nodes in ((a, b, found.nodes_a), (b, a, found.nodes_b)):
        for condition in dict.fromkeys(node.condition_label for node in nodes):
            told = condition or "condition of cells not stated"
            made += ["", f"{name} in {other}, {told}"]
            for node in (each for each in nodes if each.condition_label == condition):
                made += _node(node)
    return made


def _node(node: "AtlasNode") -> list[str]:
    made = []
    for other in (each for each in node.counterparts if each.reciprocal):
        made.append(f"  {node.node} ~ {other.node} ({other.share:.0%} of its populations, {other.share_back:.0%} back)")
        for pair in other.pairs:
            scores = "; ".join(
                f"{s.kind} {'-' if s.value is None else format(s.value, '.2f')}"
                + (f", q {s.q:.2g} (null: {s.null})" if s.q is not None else "")
                for s in pair.scores
            )
            doubt = "; THE SCORES DISAGREE" if pair.agrees is False else ""
            made.append(f"    {pair.label} ~ {pair.counterpart_label}: {scores}{doubt}")
    return made or [f"  {node.node}: no counterpart: {node.reason}"]
