"""What can go wrong, as one small tree.

    KgError                    every error that this project raises on purpose; has a stable code
    +- ContractError           input breaks its contract; carries every issue found, not only the first
    +- UnknownTermError        an id or name that the graph does not know, with suggestions or the replacement; or
    |                          (NOT_MEASURED) one that it knows, and has no measurement of
    +- MethodError             a computation cannot be done on these numbers
    +- StoreError              the store is down, refuses us, or was asked for what it must not do
    +- SourceError             a source is not available: not in the cache and not from its address, or altered

Each message says what is wrong, where, and what to do.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Issue:
    """One broken rule: ``path`` is file, row and field; ``found`` the offending value; ``fix`` the remedy."""

    path: str
    rule: str
    found: str
    fix: str

    def __str__(self) -> str:
        return f"{self.path}: {self.rule} (found {self.found}). {self.fix}"


class KgError(Exception):
    code = "ERROR"

    def __init__(self, message: str, *, code: str | None = None):
        super().__init__(message)
        self.code = code or type(self).code


class ContractError(KgError):
    code = "CONTRACT"

    def __init__(self, issues: list[Issue], *, code: str | None = None):
        self.issues = issues
        super().__init__("\n".join(map(str, issues)), code=code)


def broken(code: str, path: str, rule: str, found: object, fix: str) -> ContractError:
    """The error of a file that cannot be read as a whole; its rule is its code."""
    return ContractError([Issue(path, f"{code}: {rule}", str(found), fix)], code=code)


class UnknownTermError(KgError):
    code = "UNKNOWN_TERM"

    def __init__(
        self,
        term: str,
        what: str,
        *,
        suggestions: tuple[str, ...] = (),
        replacement: str | None = None,
        argument: str = "",
        retired: bool = False,
        held: str = "",
    ):
        """``held``: name and id of the node that the graph has for it, without what was asked."""
        self.term, self.suggestions, self.replacement, self.argument = term, suggestions, replacement, argument
        self.what = what
        if held:
            others = f"; there are {', '.join(suggestions)}" if suggestions else ""
            super().__init__(f"{held} is in the graph, but it is no {what}{others}", code="NOT_MEASURED")
            return
        if replacement:
            hint, code = f"it is obsolete; use {replacement}", "OBSOLETE_TERM"
        elif retired:
            hint, code = "it is obsolete, and no term replaces it", "OBSOLETE_TERM"
        else:
            hint, code = f"did you mean {', '.join(suggestions)}?" if suggestions else "check its spelling", None
        super().__init__(f"{what} {term!r} is not known: {hint}", code=code)


class MethodError(KgError):
    code = "METHOD"


class StoreError(KgError):
    """``about``: what of the store is damaged, by its own name and no path: a client may read it, and not the
    message."""

    code = "STORE"

    def __init__(self, message: str, *, code: str | None = None, about: str = ""):
        super().__init__(message, code=code)
        self.about = about


class SourceError(KgError):
    code = "SOURCE"
