"""Validates JSON against dataclasses: cards of versions, reports of submissions."""

import math
from dataclasses import MISSING, dataclass, fields, is_dataclass
from types import UnionType
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

from kg.errors import ContractError, Issue

_DIGITS = 6
_RULES: dict[type, str] = {str: "a text", int: "a count", bool: "true or false"}
T = TypeVar("T")


@dataclass(frozen=True)
class Form:
    """How invalid JSON is reported. ``code``: of the errors; ``what``: what the JSON should be, such as ``a card``;
    ``fix``: the remedy; ``shares``: names of the fields that must lie between 0 and 1."""

    code: str
    what: str
    fix: str
    shares: frozenset[str] = frozenset()

    def made(self, kind: type[T], body: Any, path: str) -> T:
        """A record from a JSON object. Raises ContractError listing each field that is missing, unknown or of the wrong
        type."""
        issues: list[Issue] = []
        made = self._made(kind, body, path, issues)
        if issues or made is None:
            raise ContractError(issues, code=self.code)
        return made

    def issue(self, path: str, rule: str, found: str) -> Issue:
        return Issue(path, f"{self.code}: {rule}", found, self.fix)

    def _made(self, kind: type[T], body: Any, path: str, issues: list[Issue]) -> T | None:
        if not isinstance(body, dict):
            issues.append(self.issue(path, "an object", type(body).__name__))
            return None
        before, hints = len(issues), get_type_hints(kind)
        given = {}
        for each in fields(kind):  # type: ignore[arg-type]
            if each.name in body:
                given[each.name] = self._value(hints[each.name], body[each.name], f"{path}.{each.name}", issues)
            elif each.default is MISSING:
                issues.append(self.issue(f"{path}.{each.name}", "is given", "nothing"))
        unknown = sorted(map(str, body.keys() - hints.keys()))
        issues += [self.issue(f"{path}.{name}", f"a field of {self.what}", "another") for name in unknown]
        return kind(**given) if len(issues) == before else None

    def _value(self, hint: Any, value: Any, path: str, issues: list[Issue]) -> Any:
        if get_origin(hint) is tuple:
            if not isinstance(value, list | tuple):
                issues.append(self.issue(path, "a list", type(value).__name__))
                return ()
            part = get_args(hint)[0]
            return tuple(self._value(part, each, f"{path}[{at}]", issues) for at, each in enumerate(value))
        if get_origin(hint) is Literal:
            if value not in get_args(hint):
                issues.append(self.issue(path, f"one of {', '.join(get_args(hint))}", str(value)[:80]))
            return value
        kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
        if value is None and type(None) in kinds:
            return None
        if float in kinds and isinstance(value, int | float) and not isinstance(value, bool):
            share = path.rpartition(".")[2] in self.shares
            if not math.isfinite(value) or (share and not 0 <= value <= 1):
                issues.append(self.issue(path, "a share from 0 to 1" if share else "a finite number", str(value)))
            return float(value)
        if is_dataclass(hint):
            return self._made(cast(type[Any], hint), value, path, issues)
        if type(value) not in kinds or (isinstance(value, int) and value < 0):
            issues.append(self.issue(path, _RULES.get(kinds[0], "a number"), str(value)[:80]))
        return value


def plain(value: Any) -> Any:
    """Plain lists, dictionaries and values for JSON; floats are rounded to six decimal places."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    value = value.item() if hasattr(value, "item") else value  # a NumPy scalar
    return round(value, _DIGITS) + 0.0 if isinstance(value, float) else value
