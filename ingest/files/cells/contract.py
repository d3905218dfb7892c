"""The CELLxGENE schema as data: reads ``contract.yaml``, and checks a value against a rule."""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from ingest.manifest import terms

FILE = Path(__file__).with_name("contract.yaml")


def parsed(version: str) -> tuple[int, int] | None:
    """Major and minor version of "6.0" or "6.0.0"; None for other text."""
    parts = version.strip().split(".")
    if len(parts) < 2 or not all(part.isdigit() for part in parts):
        return None
    return int(parts[0]), int(parts[1])


class _Spanned(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    since: str = ""
    before: str = ""

    def holds(self, version: str) -> bool:
        at = parsed(version)
        assert at is not None
        first, end = parsed(self.since) or (0, 0), parsed(self.before) or (1_000, 0)
        return first <= at < end


class Rule(_Spanned):
    """A rule; its fields are explained at the top of ``contract.yaml``."""

    where: dict[str, list[str]] = {}
    words: list[str] = []
    terms: list[str] = []
    not_: list[str] = Field([], alias="not")
    many: str = ""
    free: bool = False
    truth: bool = False
    organism: bool = False
    columns: bool = False
    keys_of: str = ""
    not_all: str = ""


class FieldSpec(_Spanned):
    in_: Literal["obs", "uns"] = Field(alias="in")
    name: str
    optional: bool = False
    absent_if: str = ""
    with_: str = Field("", alias="with")
    rules: list[Rule]


class Reserved(_Spanned):
    in_: Literal["obs", "uns"] = Field(alias="in")
    names: list[str]
    fix: str = "remove it"


class Genes(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    index: dict[str, str]
    besides: str
    version_suffix_before: str


class Contract(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    versions: list[str]
    terms_of: str
    organisms: dict[str, list[str]]
    reserved: list[Reserved]
    genes: Genes
    fields: list[FieldSpec]

    def species(self, taxon: str) -> str:
        """The species of a taxon or subspecies; the taxon itself if it belongs to none."""
        return next((s for s, below in self.organisms.items() if taxon == s or taxon in below), taxon)


@cache
def contract() -> Contract:
    return Contract.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def one_of(value: str, patterns: list[str], *, obsolete: bool = False) -> bool:
    """Whether a value fits one of the forms "X:1", "X:1+", "X:*". ``obsolete``: also accept obsolete terms."""
    return any(_fits(value, pattern, obsolete) for pattern in patterns)


def _fits(value: str, pattern: str, obsolete: bool) -> bool:
    if pattern.startswith("anti-"):
        return value.startswith("anti-") and _fits(value[5:], pattern[5:], obsolete)
    if pattern[-1] not in "+*":
        return value == pattern
    same = value.startswith(pattern[:-1] if pattern[-1] == "*" else pattern.split(":")[0] + ":")
    if not same or not terms.known(value):
        return False
    if terms.deprecated(value):
        return obsolete
    return pattern[-1] == "*" or terms.under(value, pattern[:-1])


def described(rule: Rule) -> str:
    """The rule in words."""
    if rule.truth:
        return "true or false, stored as such"
    if rule.organism:
        return f"one of {', '.join(contract().organisms)} or of their subspecies, the same in all cells"
    if rule.columns:
        return "a list of columns of obs"
    if rule.free:
        return "a text" + (f", not {', '.join(rule.not_)}" if rule.not_ else "")
    said = [repr(word) for word in rule.words] + [_in_words(pattern) for pattern in rule.terms]
    if rule.keys_of:
        said.append(f"a key of uns[{rule.keys_of!r}]")
    text = " or ".join(said)
    if rule.not_:
        most = ", ".join(p.rstrip("+") for p in rule.not_[:3])
        text += f", not {most}{' ...' if len(rule.not_) > 3 else ''}"
    return text + (f"; several values sorted, without duplicates, joined by {rule.many!r}" if rule.many else "")


def _in_words(pattern: str) -> str:
    if pattern.endswith("*"):
        return f"a term {pattern[:-1]}…"
    if pattern.endswith("+"):
        return f"a term under {pattern[:-1]} ({terms.label(pattern[:-1])})"
    return pattern
