"""The colours of the verdicts, as people with each kind of colour blindness see them (Machado 2009,
10.1109/TVCG.2009.113)."""

import re
from itertools import combinations

import numpy as np
import pytest

from api.http.explorer import assets

SEEN = {
    "all colours": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = XYZ.sum(axis=1)
FAR = 40  # CIE76; 2.3 is the least difference that is seen side by side


def lab(colour: str, seen: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of #rrggbb as it is seen."""
    part = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    ratio = XYZ @ np.clip(np.asarray(seen) @ linear, 0, 1) / WHITE
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("seen", SEEN.values(), ids=SEEN.keys())
def test_verdicts_that_are_significant_look_far_apart(seen):
    text = assets()["base.css"].body.decode()
    colours = dict(re.findall(r"--(supported|nonspecific|discordant): (#[0-9a-f]{6})", text))
    assert len(colours) == 3
    for a, b in combinations([*colours.values(), "#ffffff"], 2):
        assert np.linalg.norm(lab(a, seen) - lab(b, seen)) > FAR
