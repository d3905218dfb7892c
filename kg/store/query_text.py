"""The words of a query that a user writes: its tokens, the functions that it calls, and how deep it is nested.

Every call is found from its bracket, wherever it is: the name before ``(``, with all that is joined to it by dots. Only
listed names may be called; any other is refused, on either store.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kg.errors import StoreError

CHARACTERS, DEEPEST, SUBQUERIES, SUBQUERIES_DEEP = 32_768, 48, 32, 6
NAMESPACES = frozenset({"date", "datetime", "duration", "localdatetime", "localtime", "point", "time", "vector"})
_FUNCTIONS = """
    abs acos all allShortestPaths any asin atan atan2 avg btrim ceil ceiling char_length character_length coalesce
    collect
    cos cosh cot coth count date datetime degrees duration e elementId endNode exists exp extract filter floor haversin
    head
    id isEmpty isNaN keys labels last left length localdatetime localtime log log10 lower ltrim max min nodes none
    normalize nullIf percentileCont percentileDisc pi point properties radians rand randomUUID range reduce
    relationships
    replace reverse right round rtrim shortestPath sign sin single sinh size split sqrt startNode stDev stDevP substring
    sum tail tan tanh time timestamp toBoolean toBooleanList toBooleanOrNull toFloat toFloatList toFloatOrNull toInteger
    toIntegerList toIntegerOrNull toLower toString toStringList toStringOrNull toUpper trim type upper valueType vector
    vector_dimension_count vector_distance vector_norm
"""
FUNCTIONS = frozenset(_FUNCTIONS.lower().split())
"""Functions of Cypher that compute from their arguments and do nothing else."""
_KEYWORDS = """
    ACYCLIC ALL AND ANY ASC ASCENDING BOTH BY CALL CASE CONTAINS DESC DESCENDING DISTINCT ELEMENTS ELSE FROM GROUP
    GROUPS
    IN IS LEADING LIMIT MATCH NOT OFFSET ON OPTIONAL OR PATH PATHS RELATIONSHIPS RETURN SHORTEST SIMPLE SKIP THEN TRAIL
    TRAILING UNWIND WALK WHEN WHERE WITH XOR YIELD
"""
_BEFORE_BRACKETS = frozenset(_KEYWORDS.split())
_OPEN, _CLOSE = {"(": ")", "[": "]", "{": "}"}, frozenset(")]}")
_QUERIES = frozenset({"CALL", "COLLECT", "COUNT", "EXISTS"})
_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\r\n]*|/\*.*?\*/)
      | (?P<text>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
      | (?P<quoted>`(?:``|[^`])*`)
      | (?P<word>[^\W\d]\w*)
      | (?P<number>\d\w*)
      | (?P<open>/\*|['"`])
      | (?P<sign>\.\.|.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    kind: str
    text: str

    @property
    def names(self) -> bool:
        return self.kind in ("word", "quoted")

    @property
    def name(self) -> str:
        return self.text[1:-1].replace("``", "`") if self.kind == "quoted" else self.text


def refused(what: str) -> StoreError:
    return StoreError(
        f"Only reading is allowed: {what} is refused and nothing was run. Use MATCH, WITH, UNWIND, RETURN; put a "
        "name that is also such a word in backticks.",
        code="STORE_READ_ONLY",
    )


def tokens_of(text: str) -> list[Token]:
    """Without comments, white space and the semicolon at the end. Raises StoreError where a quote does not end, and
    STORE_TOO_LARGE for a query that is too long, or nested too deep."""
    if len(text) > CHARACTERS:
        raise too_large(
            f"{len(text):,} characters; at most {CHARACTERS:,} are accepted", "send long lists as parameters"
        )
    kept = []
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or ""
        if kind == "open":
            raise refused(f"an unclosed quote or comment ({found[0]})")
        if kind != "space":
            kept.append(Token(kind, found[0]))
    while kept and kept[-1].text == ";":
        kept.pop()
    _check_nesting(kept)
    return kept


def too_large(what: str, remedy: str) -> StoreError:
    return StoreError(f"The query is too large: {what}. Nothing was run: {remedy}.", code="STORE_TOO_LARGE")


def _check_nesting(tokens: list[Token]) -> None:
    """Brackets, subqueries within subqueries, and how many subqueries there are in all: a planner's time grows with
    each."""
    deep: list[bool] = []
    subqueries = 0
    for at, token in enumerate(tokens):
        if token.kind != "sign":
            continue
        if token.text in _OPEN:
            deep.append(token.text == "{" and _opens_query(tokens, at))
            subqueries += deep[-1]
            if len(deep) > DEEPEST:
                raise too_large(f"brackets are nested {DEEPEST} deep or more", "move the inner part into a WITH")
            if sum(deep) > SUBQUERIES_DEEP:
                raise too_large(f"subqueries are nested more than {SUBQUERIES_DEEP} deep", "ask in several queries")
        elif token.text in _CLOSE and deep:
            deep.pop()
    if subqueries > SUBQUERIES:
        raise too_large(f"{subqueries} subqueries; at most {SUBQUERIES} are accepted", "ask in several queries")


def _opens_query(tokens: list[Token], at: int) -> bool:
    """Whether the brace at ``at`` opens a subquery: after CALL, CALL (…), EXISTS, COUNT or COLLECT."""
    before = at - 1
    if before >= 0 and tokens[before].text == ")":
        open_brackets = 1
        while before > 0 and open_brackets:
            before -= 1
            open_brackets += {")": 1, "(": -1}.get(tokens[before].text, 0)
        before -= 1
        return before >= 0 and tokens[before].text.upper() == "CALL"
    return before >= 0 and tokens[before].kind == "word" and tokens[before].text.upper() in _QUERIES


def called(tokens: list[Token]) -> Iterator[tuple[int, str]]:
    """Place of the first part, and dotted name, of everything that stands before a bracket as the name of a call
    would."""
    for at, token in enumerate(tokens):
        if token.text != "(" or token.kind != "sign" or not at or not tokens[at - 1].names:
            continue
        first = at - 1
        parts = [tokens[first].name]
        while first >= 2 and tokens[first - 1].text == "." and tokens[first - 2].names:
            first -= 2
            parts.insert(0, tokens[first].name)
        if first and tokens[first - 1].text == ".":
            parts.insert(0, "")  # of something that is not a name: a number, a bracket
        yield first, ".".join(parts)


def check_calls(tokens: list[Token]) -> None:
    """Raises StoreError for a function that is not of the list. Procedures (after CALL) are looked at elsewhere."""
    for at, name in called(tokens):
        before = tokens[at - 1] if at else Token("", "")
        if before.kind == "word" and before.text.upper() == "CALL":
            continue
        if tokens[at].kind == "word" and name.upper() in _BEFORE_BRACKETS and name.lower() not in FUNCTIONS:
            continue
        space, dot, _ = name.partition(".")
        allowed = space.lower() in NAMESPACES if dot else name.lower() in FUNCTIONS
        if not allowed:
            raise refused(f"the function {name}")
