"""The card of a version of an atlas as text."""

from collections.abc import Iterable

from kg.atlas.card import Card, MeasureLine, ReliabilityBin, StudyLine, TypeLine
from kg.atlas.version import MAIN, Version


def version_text(version: Version) -> str:
    """Two lines: version and time, author and message."""
    who = f"{version.author} ({version.orcid})" if version.orcid else version.author
    now = ", current" if version.head else ""
    on = "" if version.branch == MAIN else f", on {version.place}"
    return f"{version.short}  {version.when}{on}{now}\n  {who}: {version.message}"


def card_text(version: Version, card: Card) -> str:
    """The whole card, one paragraph per topic; ends with a newline."""
    engine = card.engine
    parts = [
        [version_text(version)],
        [
            f"{version.in_taxon}; {_donors(card.donors)}, {card.cells:,} cells, {len(card.types)} types, "
            f"{len(card.studies)} studies; content {version.content_id[:12]}",
            f"engine: {engine.name} {engine.version}{f', doi:{engine.doi}' if engine.doi else ''}; head: {card.head}",
            f"chosen by: {engine.chosen_by}",
            f"preprocessing: {card.policy}",
        ],
        _titled("notes shown with every answer", version.caveats),
        _titled("studies", (_study(each) for each in card.studies)),
        _titled("types", (_type(each) for each in card.types)),
        _titled("measured", (_measure(each) for each in card.measures)),
        _titled(
            f"coverage of the sets (target: {1 - card.alpha:.3g})",
            (
                f"{each.of} {each.label}: {_share(each.coverage)} of {each.cells:,} cells, {_donors(each.donors)}"
                for each in card.coverage
            ),
        ),
        _titled("reliability (probability: mean predicted, share correct)", (_bin(each) for each in card.reliability)),
        _titled(
            "sisters confused",
            (
                f"{each.type} called {each.called}: {_share(each.share)} of {each.cells:,} cells"
                for each in card.confusion
            ),
        ),
        _titled("ruled out by too few donors", card.forbidden),
        _titled("limits", card.limits),
        _titled("licences", card.licences),
        _titled(
            "contributors",
            (", ".join(filter(None, (each.name, each.orcid, each.role))) for each in card.contributors),
        ),
        _titled("how to cite", (card.cite,)),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _titled(title: str, lines: Iterable[str]) -> list[str]:
    made = [f"  {line}" for line in lines]
    return [title, *made] if made else []


def _study(each: StudyLine) -> str:
    source = each.doi and f"doi:{each.doi}"
    told = filter(None, (each.licence, each.citation, source, each.note))
    return f"{each.title} ({each.name}): {_donors(each.donors)}, {each.cells:,} cells; {'; '.join(told)}"


def _type(each: TypeLine) -> str:
    term = f" ({each.cl})" if each.cl else ""
    limit = "" if each.limit is None else f"; threshold of its set {each.limit:.3g}"
    doubt = f"; provisional: {each.provisional}" if each.provisional else ""
    return f"{each.label}{term}: {_donors(each.donors)}, {each.cells:,} cells{limit}{doubt}"


def _measure(each: MeasureLine) -> str:
    between = "" if each.lowest is None or each.highest is None else f" ({each.lowest:.3f} to {each.highest:.3f})"
    return f"{each.name}: {_share(each.value)}{between}, {each.of}"


def _bin(each: ReliabilityBin) -> str:
    found = f"{_share(each.said)}, {_share(each.observed)}" if each.cells else "none"
    return f"{each.low:.2f} to {each.high:.2f}: {found}; {each.cells:,} cells"


def _donors(n: int) -> str:
    return f"{n:,} donor{'s' if n > 1 else ''}" if n else "donors not known"


def _share(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f}"
