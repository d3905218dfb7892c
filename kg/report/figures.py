"""Figures of a report as SVG that stands in the page: every feature of a match, and the scores behind its verdict."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor

from kg.report.markup import Markup, el
from kg.verdict.features import Feature

WIDTH = 640
Place = Callable[[Feature], tuple[float, float]]
UP, DOWN, INK, FAINT, GREY = "#b3541e", "#2166ac", "#1b2733", "#4a5865", "#8b98a5"
NAMED = 14
_LABEL = 7.0
"""Width of a letter at the size of names, in units of the figure: an upper bound for sans-serif letters."""


@dataclass(frozen=True)
class Row:
    """A line of :func:`dots`: r with its interval where it has one. ``kind``: match, cohort, apart or given."""

    label: str
    score: float
    low: float | None
    high: float | None
    kind: str


def scatter(rows: Sequence[Feature], one: str, two: str, said: str) -> Markup:
    """z of every feature on both sides; those that change alike are coloured, the largest parts of the score named.
    ``one``, ``two``: names of the axes; ``said``: what the figure shows, for readers who do not see it."""
    height, left, right, top, bottom = 420, 56, 14, 12, 48
    across = _Scale([r.z_model for r in rows], left, WIDTH - right)
    up = _Scale([r.z_human for r in rows], height - bottom, top)

    def place(row: Feature) -> tuple[float, float]:
        return across(row.z_model), up(row.z_human)

    quiet = _cloud((place(r) for r in rows if not r.alike), GREY, 2.6, 0.45)
    alike = [
        _cloud((place(r) for r in rows if r.alike and r.direction == way), colour, 4.2, 0.9)
        for way, colour in (("up", UP), ("down", DOWN))
    ]
    quarter = [
        el("rect", x=_n(x), y=_n(y), width=_n(w), height=_n(h), fill="#f4f7fa")
        for x, y, w, h in (
            (across(0), top, WIDTH - right - across(0), up(0) - top),
            (left, up(0), across(0) - left, height - bottom - up(0)),
        )
    ]
    return el(
        "svg",
        el("title", said),
        quarter,
        _axes(across, up, (left, WIDTH - right), (top, height - bottom)),
        quiet,
        alike,
        _names(rows, place, (left, WIDTH - right), top),
        el("text", one, x=(left + WIDTH - right) / 2, y=height - 10, text_anchor="middle", class_="axis"),
        el(
            "text",
            two,
            transform=f"translate(14 {(top + height - bottom) / 2}) rotate(-90)",
            text_anchor="middle",
            class_="axis",
        ),
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        class_="figure",
    )


def dots(rows: Sequence[Row], said: str) -> Markup:
    """r of the match, of each cohort, and of what is left of it given each other state, from -1 to 1."""
    step, left, right, top = 24, 262, 16, 22
    height = top + step * len(rows) + 8

    def x(value: float) -> float:
        return left + (max(-1.0, min(1.0, value)) + 1) / 2 * (WIDTH - right - left)

    ticks = [
        el("g", el("line", x1=_n(x(v)), x2=_n(x(v)), y1=top, y2=height - 8, stroke="#98a5b1" if v == 0 else "#e0e5ea"),
           el("text", _tick(v), x=_n(x(v)), y=14, text_anchor="middle", class_="tick"))
        for v in (-1.0, -0.5, 0.0, 0.5, 1.0)
    ]  # fmt: skip
    lines: list[Markup] = []
    for at, row in enumerate(rows):
        y = top + step * (at + 0.5)
        lines.append(
            el("text", _short(row.label), el("title", row.label), x=left - 12, y=_n(y + 4), text_anchor="end",
               class_="name strong" if row.kind == "match" else "name")
        )  # fmt: skip
        if row.low is not None and row.high is not None:
            lines.append(
                el("line", x1=_n(x(row.low)), x2=_n(x(row.high)), y1=_n(y), y2=_n(y), stroke=INK, stroke_width=2)
            )
        lines.append(_mark(row.kind, x(row.score), y))
    return el("svg", el("title", said), ticks, lines, viewBox=f"0 0 {WIDTH} {height}", role="img", class_="figure")


def _mark(kind: str, x: float, y: float) -> Markup:
    if kind == "match":
        points = " ".join(f"{_n(x + a)},{_n(y + b)}" for a, b in ((-7, 0), (0, -6), (7, 0), (0, 6)))
        return el("polygon", points=points, fill=INK)
    if kind == "given":
        return el("rect", x=_n(x - 4.5), y=_n(y - 4.5), width=9, height=9, fill="#f0b64a", stroke="#a86f00")
    filled = "#33618a" if kind == "cohort" else "#ffffff"
    return el("circle", cx=_n(x), cy=_n(y), r=4.6, fill=filled, stroke="#33618a", stroke_width=1.8)


class _Scale:
    """Values onto one axis of a figure, with room at both ends; zero is always on it."""

    def __init__(self, values: Iterable[float], start: float, end: float):
        known = [0.0, *values]
        low, high = min(-1.0, *known), max(1.0, *known)
        room = 0.05 * (high - low)
        self.low, self.high = low - room, high + room
        self._start, self._end = start, end

    def __call__(self, value: float) -> float:
        return self._start + (value - self.low) / (self.high - self.low) * (self._end - self._start)

    def ticks(self) -> list[float]:
        step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10**6) if (self.high - self.low) / s <= 9)
        return [float(v * step) for v in range(ceil(self.low / step), floor(self.high / step) + 1)]


def _axes(across: _Scale, up: _Scale, wide: tuple[float, float], high: tuple[float, float]) -> list[Markup]:
    made: list[Markup] = []
    for v in across.ticks():
        x, colour = _n(across(v)), "#98a5b1" if v == 0 else "#e0e5ea"
        made.append(el("line", x1=x, x2=x, y1=high[0], y2=high[1], stroke=colour))
        made.append(el("text", _tick(v), x=x, y=high[1] + 16, text_anchor="middle", class_="tick"))
    for v in up.ticks():
        y, colour = up(v), "#98a5b1" if v == 0 else "#e0e5ea"
        made.append(el("line", x1=wide[0], x2=wide[1], y1=_n(y), y2=_n(y), stroke=colour))
        made.append(el("text", _tick(v), x=wide[0] - 6, y=_n(y + 4), text_anchor="end", class_="tick"))
    return made


def _cloud(places: Iterable[tuple[float, float]], colour: str, size: float, opacity: float) -> Markup:
    """Points as one path of strokes without length: ten thousand of them are some 100 kB; two at one place are one."""
    seen = dict.fromkeys((_n(x), _n(y)) for x, y in places)
    path = "".join(f"M{x} {y}h0" for x, y in seen)
    return el(
        "path", d=path, stroke=colour, stroke_width=size, stroke_linecap="round", stroke_opacity=opacity, fill="none"
    )


def _names(rows: Sequence[Feature], place: Place, wide: tuple[float, float], top: float) -> list[Markup]:
    """Names of the largest contributions that do not cover one another."""
    boxes: list[tuple[float, float, float, float]] = []
    made: list[Markup] = []
    for row in rows[:200]:
        x, y = place(row)
        half = len(row.label) * _LABEL / 2
        box = (x - half, y - 18, x + half, y + 3)
        if len(boxes) == NAMED or box[0] < wide[0] or box[2] > wide[1] or box[1] < top:
            continue
        if any(box[0] < b[2] and box[2] > b[0] and box[1] < b[3] and box[3] > b[1] for b in boxes):
            continue
        boxes.append(box)
        made.append(el("circle", cx=_n(x), cy=_n(y), r=3.6, fill="none", stroke=INK))
        made.append(el("text", row.label, x=_n(x), y=_n(y - 7), text_anchor="middle", class_="gene"))
    return made


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _tick(value: float) -> str:
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")


def _short(label: str, most: int = 34) -> str:
    return label if len(label) <= most else label[: most - 1].rstrip() + "…"
