"""The history of an atlas, and the difference of two versions, as text."""

from collections.abc import Iterator, Mapping, Sequence

from kg.atlas.diff import Diff
from kg.atlas.version import Version


def drawn(newest_first: Sequence[Version], names: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Two lines per version, next to the lines that lead to its parents. ``names``: of branches and tags, by id."""
    lanes: list[str] = []
    for each in newest_first:
        if each.id not in lanes:
            lanes.append(each.id)
        at = lanes.index(each.id)
        marks = ["*" if lane == at else "|" for lane in range(len(lanes))]
        called = f" ({', '.join(names[each.id])})" if each.id in names else ""
        yield f"{' '.join(marks)} {each.short}  {each.when[:19]}{called}"
        parents = [parent for parent in each.parents if parent not in lanes]
        lanes[at : at + 1] = parents
        more = f", with {each.merged.rpartition('/')[2][:12]}" if each.merged else ""
        accepted = f", submission {each.submission}" if each.submission else ""
        yield f"{' '.join('|' * len(lanes))}  {each.author}: {each.message}{more}{accepted}"


def diff_text(found: Diff) -> str:
    """One paragraph per topic; a single line if nothing differs."""
    head = f"{found.old.short} to {found.new.short}"
    if found.same:
        return f"{head}: the same content"
    parts = [
        [head],
        ["objects", *(f"  {each.key}: {_object(each.old)} to {_object(each.new)}" for each in found.objects)],
        [
            "numbers",
            *(
                f"  {' '.join(filter(None, (each.of, each.label)))}, {each.what}: {_number(each.old)} to"
                f" {_number(each.new)}"
                for each in found.numbers
            ),
        ],
        ["words", *(f"  {each.of}: {each.old or 'none'} to {each.new or 'none'}" for each in found.words)],
    ]
    return "\n\n".join("\n".join(lines) for at, lines in enumerate(parts) if not at or len(lines) > 1)


def _object(entry: object) -> str:
    return "none" if entry is None else f"{entry.sha256[:12]} ({entry.bytes:,} bytes)"  # type: ignore[attr-defined]


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:,.4g}" if value % 1 else f"{value:,.0f}"
