"""What the two sides of a conflict changed inside one object: the values that differ, by path."""

import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from kg.atlas.merge import Change
from kg.atlas.objects import Entry, ObjectStore

_SHOWN, _FACTS = 5, "facts.json"


def told(objects: ObjectStore, change: Change, other: Change, ours: str, theirs: str) -> str:
    """``ours``, ``theirs``: who changed it and why. At most five values are listed, those that both sides changed
    differently first; an object that is neither JSON nor arrays is described by its hash."""
    base, mine, its = (_inside(objects, each) for each in (change.old, change.new, other.new))
    names = [name for name in {**mine, **its} if mine.get(name) != base.get(name) or its.get(name) != base.get(name)]
    both = [name for name in names if base.get(name) != mine.get(name) != its.get(name) != base.get(name)]
    lines = [f"{ours} gives {_short(change.new)}; {theirs} gives {_short(other.new)}"]
    shown = both or names
    for name in shown[:_SHOWN]:
        said = (_text(side.get(name)) for side in (base, mine, its))
        lines.append("{}: was {}, ours {}, theirs {}".format(name, *said))
    if len(shown) > _SHOWN:
        lines.append(f"and {len(shown) - _SHOWN:,} more")
    return "; ".join(lines)


def _inside(objects: ObjectStore, entry: Entry | None) -> dict[str, Any]:
    """Values of an object by path; empty for an object that is neither JSON nor arrays."""
    if entry is None:
        return {}
    data = objects.read(entry.sha256)
    try:
        if data[:2] == b"PK":
            with np.load(io.BytesIO(data), allow_pickle=False) as held:
                body: Any = {name: held[name].tolist() for name in held.files if name != _FACTS}
                if _FACTS in held.files:
                    body |= json.loads(held[_FACTS].tobytes())
        else:
            body = json.loads(data)
    except (ValueError, OSError, KeyError):
        return {}
    return dict(_leaves(body, ""))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _leaves(each, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from _leaves(each, f"{path}[{at}]")
    else:
        yield path, value


def _short(entry: Entry | None) -> str:
    return f"object {entry.sha256[:12]}" if entry else "nothing"


def _text(value: Any) -> str:
    return "nothing" if value is None else str(value)[:60]
