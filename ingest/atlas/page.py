"""A mapped study on one page: the results in words, a plot, and its populations. The file is self-contained."""

from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.atlas.mapped import Population, Reading, populations, summary
from kg.files.whole import replace

_SIZE, _EDGE, MOST_DRAWN = 460, 14, 2_000
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#8c6bb1", "#737373")
_GREY, _DARK = "#cfcfcf", "#202020"
_STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:.25rem .6rem .25rem 0;border-bottom:1px solid #ddd;vertical-align:top}
td.n,th.n{text-align:right}.warn{background:#fff3cd;padding:.5rem .8rem}figure{margin:1rem 0}
figcaption,.small{font-size:13px;color:#555}svg{max-width:100%;height:auto}@media print{body{margin:0}}"""
_OUTCOMES = {
    "type": "its prediction set holds one type",
    "ancestor": "the types in its set share one node of the tree",
    "ambiguous": "the types in its set share no node, or the set is empty; a share alpha of known cells is missed, so"
    " this is no evidence of a new type",
    "unknown": "it lies outside the reference, together with its neighbours in the study",
    "low_quality": "excluded by the policy's filters, or too few genes of the space detected",
}


def write_page(reading: Reading, path: Path) -> None:
    replace(path, page(reading).encode())


def page(reading: Reading) -> str:
    v, found = reading.version, populations(reading)
    said = list(summary(reading))
    title = f"{reading.read.manifest.dataset.title} mapped to the atlas {v.atlas}"
    provisional = reading.mapped.verdict.provisional or reading.mapped.verdict.controls != "near"
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p><b>{escape(said[0])}</b></p>",
        f"<ul{' class=warn' if provisional else ''}>{''.join(f'<li>{escape(line)}</li>' for line in said[1:])}</ul>",
        _figure(reading),
        "<h2>Populations</h2>",
        _table(found),
        _words(found),
        "<h2>Methods</h2>",
        f"<p>Version {escape(v.commit)} of {escape(v.when)}, by {escape(v.author)}: {v.n_studies} studies,"
        f" {v.n_donors:,} donors, {v.n_cells:,} cells, {v.n_types} types. Engine: {escape(v.engine)},"
        f" {escape(reading.head)}. Policy: {escape(reading.policy.line)}.</p>",
        f'<ul class="small">{"".join(f"<li>{escape(note)}</li>" for note in reading.read.notes)}</ul>',
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _table(found: list[Population]) -> str:
    head = (
        '<tr><th>outcome</th><th>label</th><th>Cell Ontology</th><th class="n">cells</th><th class="n">donors</th>'
        '<th class="n">of controls</th><th class="n">mean P</th><th>most are, in the study\'s words</th></tr>'
    )
    rows = [
        f"<tr><td>{p.outcome.replace('_', ' ')}</td><td>{escape(p.label) or '–'}</td><td>{escape(p.cl) or '–'}</td>"
        f'<td class="n">{p.cells:,}</td><td class="n">{p.donors}</td><td class="n">{p.controls:,}</td>'
        f'<td class="n">{"–" if p.probability is None else f"{p.probability:.2f}"}</td>'
        f"<td>{escape(p.given) or '–'}</td></tr>"
        for p in found
    ]
    return f"<table>{head}{''.join(rows)}</table>"


def _words(found: list[Population]) -> str:
    there = {p.outcome for p in found}
    told = "; ".join(f"<b>{o.replace('_', ' ')}</b>: {text}" for o, text in _OUTCOMES.items() if o in there)
    return f'<p class="small">{told}. Mean P: of the label, of the nearest type where there is none.</p>'


@dataclass(frozen=True)
class Projected:
    """The cells drawn: rows of the ``atlas`` and of the study (``cells``), with x and y of each."""

    atlas: NDArray[np.int64]
    cells: NDArray[np.int64]
    of_atlas: NDArray[np.float64]
    of_cells: NDArray[np.float64]


def projected(reading: Reading) -> Projected:
    """Coordinates on the two axes along which the type means differ most; a random sample of the cells if there are
    many."""
    reference, m = reading.built.heads, reading.mapped
    means = np.asarray(reference.means, float)
    centre = means.mean(axis=0)
    axes = np.linalg.svd(means - centre, full_matrices=False)[2][:2]
    behind, ours = (np.asarray(x, float) @ axes.T for x in (reference.cells - centre, m.coordinates - centre))
    rng = np.random.default_rng(0)
    some = [np.sort(rng.permutation(len(x))[:MOST_DRAWN]) for x in (behind, ours)]
    return Projected(some[0], some[1], behind[some[0]], ours[some[1]])


def _figure(reading: Reading) -> str:
    """A plot of the study's cells over those of the atlas."""
    reference, m = reading.built.heads, reading.mapped
    drawn = projected(reading)
    box = _box(np.concatenate([drawn.of_atlas, drawn.of_cells]))
    names = [label for label in _by_size(m.nearest) if label][: len(_COLOURS)]
    colour = dict(zip(names, _COLOURS, strict=False))
    dots = [_dot(x, y, 1.6, _GREY) for x, y in box(drawn.of_atlas)]
    for at, (x, y) in zip(drawn.cells, box(drawn.of_cells), strict=True):
        sure = m.outcome[at] in ("type", "ancestor")
        fill = colour.get(str(m.nearest[at]), _COLOURS[-1])
        dots.append(_dot(x, y, 2.2, fill) if sure else _dot(x, y, 2.4, "none", _DARK))
    key = "".join(f'<tspan x="{_SIZE + 16}" dy="18" fill="{colour[name]}">● {escape(name)}</tspan>' for name in names)
    text = f'<text y="10" font-size="13" font-family="sans-serif">{key}</text>'
    told = (
        f"{len(drawn.cells):,} of {len(m.coordinates):,} cells of the study, drawn over {len(drawn.atlas):,} of"
        f" {len(reference.cells):,} cells of the atlas"
    )
    return (
        f'<figure><svg viewBox="0 0 {_SIZE + 260} {_SIZE}" role="img" aria-label="mapped cells over the atlas">'
        f'<rect width="{_SIZE}" height="{_SIZE}" fill="#fafafa"/>{"".join(dots)}{text}</svg><figcaption>Grey: the'
        " atlas. Colour: the study's cells, by nearest type; open circles: ambiguous, unknown or of low quality. Axes:"
        f" the two along which the means of the types differ most. {told}.</figcaption></figure>"
    )


def _by_size(names: NDArray[np.str_]) -> list[str]:
    values, many = np.unique(names, return_counts=True)
    return [str(values[at]) for at in np.argsort(-many, kind="stable")]


def _box(points: NDArray[np.float64]):
    low, high = np.quantile(points, [0.002, 0.998], axis=0)
    span = np.maximum(high - low, 1e-9)

    def place(of: NDArray[np.float64]) -> NDArray[np.float64]:
        at = np.clip((of - low) / span, 0, 1)
        return _EDGE + (_SIZE - 2 * _EDGE) * np.c_[at[:, 0], 1 - at[:, 1]]

    return place


def _dot(x: float, y: float, r: float, fill: str, stroke: str = "none") -> str:
    line = f' stroke="{stroke}" stroke-width=".7"' if stroke != "none" else ""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r}" fill="{fill}"{line}/>'
