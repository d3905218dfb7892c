"""What a contrast compares, as a manifest states it and its node carries it: declared once."""

from typing import Literal, get_args

OfContrast = Literal["disease", "model", "drug", "ageing"]
KINDS: tuple[OfContrast, ...] = get_args(OfContrast)
