"""One match of a report in full."""

from collections.abc import Sequence

from kg.match.compared import LEVELS
from kg.match.conjunction import burst_note
from kg.match.specificity import ALPHA
from kg.records.words import chance, number, role, sides, size
from kg.report.contents import Shown
from kg.report.figures import Row, dots, scatter
from kg.report.markup import Markup, el
from kg.report.parts import more, numbers, table
from kg.schema.glossary import meaning
from kg.schema.match import Cohort, GivenState, MatchRecord
from kg.verdict.features import Feature

MOST_CHANGES = 50
MOST_DOUBTS = 8


def match(at: int, shown: Shown) -> Markup:
    """One match in full."""
    r = shown.record
    one, two = sides(r)
    rest = r.status_line.partition("; ")[2]
    return el(
        "section",
        el("h2", f"{r.mouse_label} and {r.human_label}"),
        el("p", r.sentence, class_="lead") if r.sentence else None,
        el("p", el("b", r.status), f": {r.reason}", f" ({rest})" if rest else ""),
        _quantities(r),
        el("p", f"Null of the p above: {one} {r.null.mouse}; {two} {r.null.human}.", class_="note"),
        _doubts(r),
        el("p", f"Left out, because a model engineers them: {', '.join(r.engineered)}.") if r.engineered else None,
        el("div", _scatter(shown, one, two), _dots(shown), class_="pair"),
        _cohorts(shown),
        _given(
            "Is it this disease?", "each other state by itself, and what is left of the match given it", r.given, shown
        ),
        _given("Is it this model?", "each model of another disease, and what is left given it", r.model_given, shown),
        _changes(shown, one, two),
        [el("p", each.text(), class_="note") for each in r.curations],
        el("p", f"id {r.id}", class_="note"),
        id=f"match-{at}",
    )


def _doubts(r: MatchRecord) -> Markup | None:
    if not r.flags:
        return None
    first, rest = r.flags[:MOST_DOUBTS], r.flags[MOST_DOUBTS:]
    rest_of = more(f"{len(rest):,} further doubts", el("ul", [el("li", flag) for flag in rest])) if rest else None
    return el("div", el("ul", [el("li", flag) for flag in first]), rest_of, class_="flags")


def _quantities(r: MatchRecord) -> Markup:
    interval = f"95% {number(r.interval[0])} to {number(r.interval[1])}" if r.interval else ""
    corrected = "not measurable" if r.corrected_score is None else number(r.corrected_score)
    shown = [
        ("r (score)", number(r.score), interval),
        ("p", chance(r.p), ""),
        ("q", chance(r.q), f"family of {r.family_size}"),
        ("ceiling", number(r.ceiling), ""),
        ("corrected r", corrected, ""),
        ("naive p", chance(r.naive_p), ""),
    ]
    features = f"worth {r.effective_n:.0f} independent ones" if r.effective_n is not None else ""
    return el(
        "dl",
        [
            el(
                "div",
                el("dt", name),
                el("dd", el("b", value), f" {extra}" if extra else "", el("small", meaning(name))),
            )
            for name, value, extra in shown
        ],
        el("div", el("dt", "features"), el("dd", el("b", f"{r.n_features:,}"), el("small", features))),
        class_="numbers",
    )


def _scatter(shown: Shown, one: str, two: str) -> Markup:
    r, rows = shown.record, shown.features.rows
    alike = sum(row.alike for row in rows)
    units = LEVELS[r.level].units
    told = (
        f"{len(rows):,} {units}; one point each: z of the {one} across, z of the {two} up. r {number(r.score)}."
        f" Coloured: {alike:,} that change alike at FDR .05 (brown up, blue down). Named: the largest parts of T."
    )
    return el("figure", scatter(rows, f"{one}: z", f"{two}: z", told), el("figcaption", told))


def _dots(shown: Shown) -> Markup:
    r = shown.record
    rows: list[Row] = []
    if r.score is not None:
        low, high = r.interval or (None, None)
        rows.append(Row(r.human_label, r.score, low, high, "match"))
    for c in r.cohorts:
        if c.score is not None:
            low, high = shown.intervals.get(c.contrast, (None, None))
            rows.append(Row(c.label, c.score, low, high, "cohort" if c.status == "pooled" else "apart"))
    rows += [
        Row(f"left given {g.label}", g.score, g.low, g.high, "given")
        for g in (*r.given, *r.model_given)
        if g.score is not None
    ]
    told = (
        "r with its 95% interval: of the match (diamond), of each cohort (circle; open: not pooled, without interval),"
        " and of what is left of the match given each other state or model (square)."
    )
    return el("figure", dots(rows, told), el("figcaption", told))


def _cohorts(shown: Shown) -> Markup | None:
    r = shown.record
    if not r.cohorts:
        return None
    head = ("cohort", "r", "p", "its null", "in the pool", "licence")
    rows = {c.contrast: _cohort(c) for c in r.cohorts}
    scored = [rows[c.contrast] for c in r.cohorts if c.score is not None]
    rest = [rows[c.contrast] for c in r.cohorts if c.score is None]
    return el(
        "div",
        el("h3", "Cohorts of the human side, one by one"),
        table(head, scored) if scored else None,
        more(f"{len(rest):,} that cannot be scored, and why", table(head, rest)) if rest else None,
        el("p", f"p: joint null; the null of the {sides(r)[0]} is {r.null.mouse} in each.", class_="note"),
    )


def _cohort(c: Cohort) -> list[Markup]:
    return [
        el("td", f"{c.label} ({size(c.n_case, c.n_control)})"),
        *numbers(number(c.score), chance(c.p)),
        el("td", c.null),
        el("td", c.status),
        el("td", c.licence or "none stated"),
    ]


def _given(title: str, what: str, rows: Sequence[GivenState], shown: Shown) -> Markup | None:
    if not rows:
        return None
    made = []
    for g in rows:
        left = "-" if g.score is None else f"{number(g.score)} [{number(g.low)}, {number(g.high)}] ({chance(g.p)})"
        made.append(
            [
                el("td", g.label, el("small", g.note) if g.note else None),
                el("td", role(g)),
                el("td", shown.nulls[g.state]),
                *numbers(
                    number(g.reliability),
                    _with(g.other_score, g.other_p),
                    _with(g.human_score, g.human_p),
                    left,
                    number(g.power),
                ),
            ]
        )
    head = ("", "role", "its null", "reliability", "r (p) with the model side", "r (p) with the human side",
            "left given it: r [95%] (p)", "power")  # fmt: skip
    return el("div", el("h3", f"{title} ", el("small", what)), table(head, made))


def _changes(shown: Shown, one: str, two: str) -> Markup:
    r = shown.record
    found = sorted((row for row in shown.features.rows if row.alike), key=_by_p)
    words = LEVELS[r.level]
    title = f"{len(found):,} {words.change} alike on both sides at FDR {ALPHA:g}"
    if not found:
        return el("div", el("h3", title))
    genes = words.by_gene
    rows = [
        [
            el("td", el("b", row.label)),
            *([el("td", row.model_symbol or row.model_gene)] if genes else []),
            el("td", row.direction),
            *numbers(
                number(row.effect_model),
                number(row.effect_human),
                number(row.z_model),
                number(row.z_human),
                chance(row.p_model),
                chance(row.p_human),
                chance(row.q_model),
                chance(row.q_human),
                chance(row.q),
            ),
            el("td", ", ".join(row.left_given) or "-"),
        ]
        for row in found[:MOST_CHANGES]
    ]
    head = (
        words.units.removesuffix("s"),
        *(("ortholog",) if genes else ()),
        "direction",
        *(f"{name}, {side}" for name in ("effect", "z", "p", "q") for side in (one, two)),
        "q of both",
        "left given",
    )
    left = len(found) - MOST_CHANGES
    return el(
        "div",
        el("h3", title),
        el("p", f"The {min(MOST_CHANGES, len(found))} of least p. Effects are moderated and centred; p of a side is"
           f" two-sided from its own noise ({one}: {r.null.mouse}; {two}: {r.null.human}). Note:"
           f" {burst_note(r.level)}.",
           class_="note"),
        table(head, rows),
        el("p", f"{left:,} more: orthokg explain {r.id} --format tsv", class_="note") if left > 0 else None,
    )  # fmt: skip


def _by_p(row: Feature) -> tuple[float, str]:
    return (1.0 if row.p is None else row.p), row.feature


def _with(score: float | None, p: float | None) -> str:
    return "-" if score is None else f"{number(score)} ({chance(p)})"
