"""A question that was checked: which contrasts meet which states, and how."""

from dataclasses import dataclass

from kg.match.orthology import Policy
from kg.sides.catalog import ContrastInfo
from kg.sides.pairing import Pairs


@dataclass(frozen=True)
class Plan:
    """A checked question: the contrasts of the model to match (by id) with the states under a disease (None: all).

    ``whole``: all contrasts of the model, whose pairs are one family where ``pair_by`` is not "all"; ``pairs`` says
    which they are, and is None for "all".
    """

    contrasts: tuple[ContrastInfo, ...]
    disease: str | None
    level: str
    policy: Policy
    question: str
    family: str
    whole: tuple[ContrastInfo, ...]
    pair_by: str = "all"
    pairs: Pairs | None = None
