"""Training curves as SVG."""

from html import escape

_WIDTH, _HEIGHT, _LEFT, _TOP = 420, 260, 60, 30
_COLOURS = ("#0072b2", "#d55e00")


def curves_svg(values: dict[str, list[float]]) -> str:
    """One panel per stage: loss by epoch, of training cells and of held-out cells. ``values``: name -> loss of each
    epoch."""
    stages = [name for name in values if not name.endswith(", held out")]
    panels = [_panel(name, [values[name], values.get(f"{name}, held out", [])], i) for i, name in enumerate(stages)]
    width = max(1, len(stages)) * _WIDTH
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_HEIGHT}" font-family="sans-serif"'
        ' font-size="12">'
    )
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *panels, "</svg>\n"])


def _panel(name: str, lines: list[list[float]], at: int) -> str:
    every = [v for line in lines for v in line]
    low, high = min(every), max(every)
    span = (high - low) or 1.0
    epochs = max(len(line) for line in lines)
    wide, tall = _WIDTH - _LEFT - 20, _HEIGHT - _TOP - 45
    x0 = at * _WIDTH + _LEFT
    parts = [f'<text x="{x0}" y="18" font-weight="bold">{escape(name)}</text>']
    for i, (line, colour) in enumerate(zip(lines, _COLOURS, strict=True)):
        points = [(x0 + wide * e / max(1, epochs - 1), _TOP + tall * (high - v) / span) for e, v in enumerate(line)]
        parts.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="2"'
            f' points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'
        )
        label = ("learned from", "held out")[i]
        parts.append(f'<text x="{x0 + 120 + 100 * i}" y="18" fill="{colour}">{label}</text>')
    for value, y in ((high, _TOP + 4), (low, _TOP + tall + 4)):
        parts.append(f'<text x="{x0 - 6}" y="{y:.0f}" text-anchor="end">{value:.4g}</text>')
    parts.append(f'<path d="M{x0} {_TOP}V{_TOP + tall}H{x0 + wide}" fill="none" stroke="#888"/>')
    parts.append(f'<text x="{x0}" y="{_TOP + tall + 16}">1</text>')
    parts.append(f'<text x="{x0 + wide}" y="{_TOP + tall + 16}" text-anchor="end">epoch {epochs}</text>')
    return "\n".join(parts)
