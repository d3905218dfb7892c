"""What the graph declares and the explorer lists, as a script of its own: a new level or policy needs no line of the page."""

import json

from kg.match.compared import LEVELS
from kg.match.orthology import POLICIES


def script() -> bytes:
    """``js/declared.js``: names of levels and policies, as the package declares them."""
    lists = {
        "LEVELS": list(LEVELS),
        "POLICIES": list(POLICIES),
    }
    told = (f"export const {name} = {json.dumps(value, ensure_ascii=False)};" for name, value in lists.items())
    return ("/** Made by the server of what the package declares. */\n" + "\n".join(told) + "\n").encode()
