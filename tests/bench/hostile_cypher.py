"""Queries that are made to do harm, drawn from Cypher's grammar: an expression that blows up, put into a place where an
expression may stand, within clauses that may blow up as well. No list of queries: each draw composes anew."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

LABELS = ("Gene", "Match", "Contrast", "")
FORBIDDEN = (
    "util.sleep({n})",
    "util.validate(true, 'x', [])",
    "apoc.util.sleep({n})",
    "apoc.load.json('file:///etc/passwd')",
    "gds.version()",
    "load_file('/etc/passwd')",
    "`util`.`sleep`({n})",
    "util /* x */ . sleep({n})",
    "UTIL.SLEEP({n})",
    "\\u0075til.sleep({n})",
    "file('/etc/passwd')",
    "sleep({n})",
    "dbms.info()",
    "date.sleep.util({n})",
    "map.submap({{}}, [])",
    "java.lang.Thread.sleep({n})",
)
Draw = random.Random


@dataclass(frozen=True)
class Hostile:
    """``kind``: what blows up, and the place of the grammar where it stands."""

    kind: str
    text: str


def _regex(draw: Draw) -> str:
    letter = draw.choice("xa1")
    core = draw.choice(
        (
            "({0}+{0}+)+y",
            "({0}*)*y",
            "({0}|{0}{0})+y",
            "(({0}{{1,9}}){{1,9}}){{1,9}}y",
            "(.*{0}){{20}}y",
            "^(([{0}-{0}])+.)+y$",
        )
    )
    return f"'{letter * draw.randint(26, 70)}' =~ '{core.format(letter)}'"


def _reduced(draw: Draw) -> str:
    inner = "t + y"
    for name in "wvu"[: draw.randint(0, 2)]:
        most = draw.choice((1000, 100000))
        inner = f"{name} + reduce({name}1 = 0, {name}2 IN range(1, {most}) | {name}1 + {name}2)".replace(
            f"{name} +", "1 +", 1
        )
    return (
        f"reduce(s = 0, x IN range(1, 10000000) | s + reduce(t = 0, y IN range(1, {draw.choice((1000, 1000000))}) |"
        f" {inner}))"
    )


def _doubled(draw: Draw) -> str:
    part, grown = draw.choice(
        (("'x'", "s + s"), ("['a', 1]", "s + s"), ("'ab'", "replace(s, 'a', s)"), ("'a'", "s + s + s"))
    )
    return f"size(reduce(s = {part}, i IN range(1, {draw.randint(28, 90)}) | {grown}))"


def _deep(draw: Draw) -> str:
    left, right = draw.choice(
        (
            ("(", ")"),
            ("[", "]"),
            ("size([", "])"),
            ("{a: ", "}"),
            ("NOT (", ")"),
            ("-(", ")"),
            ("CASE WHEN true THEN ", " END"),
        )
    )
    times = draw.choice((40, 200, 300, 1000, 3000))
    return left * times + "1" + right * times


def _long(draw: Draw) -> str:
    join = draw.choice((" + ", " OR ", ", ", " ^ ", " <= "))
    inside = join.join(draw.choice(("1", "true", "'a'", "null")) for _ in range(draw.choice((500, 3000, 20000))))
    return f"[{inside}]"


def _ranges(draw: Draw) -> str:
    top = draw.choice((10**7, 10**9, 2**62, 2**63 - 1))
    return draw.choice(
        (
            f"size(range(0, {top}))",
            f"range(0, {top})",
            f"[i IN range(0, {top}) | i]",
            f"size([i IN range(0, {top}) WHERE i % 2 = 0 | [i, i]])",
            f"last(range({-top}, {top}))",
        )
    )


def _nested_lists(draw: Draw) -> str:
    text = "1"
    for depth in range(draw.randint(3, 7)):
        text = f"[i{depth} IN range(1, {draw.choice((100, 1000))}) | {text}]"
    return f"size({text})"


def _forbidden(draw: Draw) -> str:
    return draw.choice(FORBIDDEN).format(n=draw.choice((3000, 60000)))


def _padded(draw: Draw) -> str:
    name = draw.choice(("replace", "split", "substring"))
    big = f"reduce(s = 'x', i IN range(1, {draw.randint(18, 24)}) | s + s)"
    return {
        "replace": f"size(replace({big}, 'x', {big}))",
        "split": f"size(split({big}, 'x'))",
        "substring": f"size(substring({big}, 1) + {big})",
    }[name]


EXPRESSIONS: dict[str, Callable[[Draw], str]] = {
    "regular expression": _regex,
    "reduce in reduce": _reduced,
    "doubled text": _doubled,
    "deep brackets": _deep,
    "long list": _long,
    "range": _ranges,
    "lists in lists": _nested_lists,
    "forbidden function": _forbidden,
    "text by text": _padded,
}
PLACES = {
    "RETURN": "RETURN {e} AS v",
    "WHERE": "MATCH (a:Gene) WHERE {e} = 'no' RETURN count(*)",
    "WITH": "WITH {e} AS v RETURN v",
    "UNWIND": "UNWIND [{e}] AS v RETURN count(v)",
    "map": "RETURN {{a: {e}}} AS v",
    "slice": "RETURN [1, 2][0..{e}] AS v",
    "index": "RETURN [1, 2][{e}] AS v",
    "CASE": "RETURN CASE WHEN {e} = 1 THEN 1 ELSE 2 END AS v",
    "comprehension": "RETURN [i IN range(1, 3) WHERE {e} = i | i] AS v",
    "pattern map": "MATCH (a:Gene {{id: {e}}}) RETURN count(a)",
    "ORDER BY": "MATCH (a:Gene) RETURN a.id ORDER BY {e}",
    "LIMIT": "MATCH (a:Gene) RETURN a.id LIMIT {e}",
    "CALL": "CALL () {{ RETURN {e} AS v }} RETURN v",
    "EXISTS": "MATCH (a:Gene) WHERE EXISTS {{ MATCH (a)--() WHERE {e} = 1 }} RETURN count(a)",
    "collect": "MATCH (a:Gene), (b:Gene) RETURN size(collect({e}))",
    "any": "RETURN any(i IN range(1, 9) WHERE {e} = i) AS v",
    "pattern comprehension": "MATCH (a:Gene) RETURN size([(a)--(b) WHERE {e} = 1 | b.id])",
    "projection": "MATCH (a:Gene) RETURN a {{.id, x: {e}}} LIMIT 3",
    "UNION": "RETURN 1 AS v UNION ALL RETURN {e} AS v",
    "DISTINCT": "MATCH (a:Gene), (b:Gene) RETURN DISTINCT {e}",
}


def _product(draw: Draw) -> str:
    names = "abcdef"[: draw.randint(3, 6)]
    match = ", ".join(f"({n}:{draw.choice(LABELS[:3])})" for n in names)
    end = draw.choice(
        (
            "count(*)",
            "sum(size(a.id))",
            f"DISTINCT {'+'.join(n + '.id' for n in names)} AS k ORDER BY k LIMIT 1",
            "collect([a.id, b.id])",
            "max(a.id + b.id)",
        )
    )
    return (
        f"MATCH {match} WHERE {' + '.join(n + '.id' for n in names)} {draw.choice(('<>', 'CONTAINS'))} 'zz' RETURN"
        f" {end}"
    )


def _paths(draw: Draw) -> str:
    star = draw.choice(("*", "*1..40", "*0..", "*20"))
    return draw.choice(
        (
            f"MATCH p = (a:{draw.choice(LABELS[:3])})-[{star}]-(b) RETURN count(p)",
            f"MATCH p = (a)-[:ORTHOLOG_OF{star}]-(b)-[{star}]-(c) RETURN max(length(p))",
            f"MATCH (a:Gene)-[{star}]-(b:Gene) WHERE a.id < b.id RETURN collect(b.id)",
            "MATCH (a:Gene), (b:Gene) MATCH p = allShortestPaths((a)-[*..15]-(b)) RETURN sum(length(p))",
            "MATCH p = ((a:Gene)-[:ORTHOLOG_OF]-(b:Gene)){1,25} RETURN count(p)",
        )
    )


def _calls(draw: Draw) -> str:
    times = draw.choice((3, 6, 20, 100, 300))
    inner = "RETURN 1 AS v0"
    for at in range(1, times + 1):
        inner = f"CALL () {{ {inner} }} {draw.choice(('', 'UNWIND range(1, 300) AS i '))}RETURN v{at - 1} + 1 AS v{at}"
    return inner


def _unwinds(draw: Draw) -> str:
    times = draw.randint(3, 12)
    rows = " ".join(f"UNWIND range(1, {draw.choice((100, 1000, 10000))}) AS i{at}" for at in range(times))
    end = draw.choice(
        ("count(*)", "collect(i0)", "sum(i0 * i1 % 7)", "DISTINCT i0 + i1 + i2", "i0 ORDER BY i0 + i1 DESC")
    )
    return f"{rows} RETURN {end}"


def _collected(draw: Draw) -> str:
    text = "MATCH (a) WITH collect(a) AS l0"
    times = draw.randint(1, 3)
    for at in range(times):
        text += f" UNWIND l{at} AS x{at} UNWIND l{at} AS y{at} WITH collect([x{at}, y{at}]) AS l{at + 1}"
    return text + f" RETURN {draw.choice(('size', 'head'))}(l{times})"


def _unions(draw: Draw) -> str:
    one = draw.choice(
        (
            "MATCH (a:Gene), (b:Gene) RETURN a.id + b.id AS v",
            "UNWIND range(1, 1000000) AS i RETURN i AS v",
            "RETURN 1 AS v",
        )
    )
    return f" UNION {draw.choice(('', 'ALL '))}".join([one] * draw.choice((5, 100, 500)))


def _counted(draw: Draw) -> str:
    word = draw.choice(("COUNT", "EXISTS", "COLLECT"))
    text = "MATCH (z:Gene) RETURN z.id"
    for at in range(draw.choice((3, 6, 12))):
        text = (
            f"MATCH (a{at}:Gene), (b{at}:Gene) WHERE {word} {{ {text} }}"
            f" {'= false' if word == 'EXISTS' else '<> [1]' if word == 'COLLECT' else '< 0'} RETURN a{at}.id"
        )
    return text


def _optional(draw: Draw) -> str:
    return (
        "MATCH (a:Gene) "
        + " ".join(
            f"OPTIONAL MATCH (b{at}:{draw.choice(LABELS[:3])}) WHERE b{at}.id <> a.id"
            for at in range(draw.randint(2, 6))
        )
        + " RETURN count(*)"
    )


CLAUSES: dict[str, Callable[[Draw], str]] = {
    "product": _product,
    "paths of any length": _paths,
    "nested CALL": _calls,
    "nested UNWIND": _unwinds,
    "collected products": _collected,
    "many UNION": _unions,
    "subqueries": _counted,
    "optional products": _optional,
}


def _disguised(draw: Draw, text: str) -> str:
    """The same query, written otherwise."""
    return draw.choice(
        (
            text,
            text,
            text,
            f"/* {draw.random()} */ {text}",
            text.replace(" ", "\n"),
            f"{text} // end",
            f"WITH 1 AS one {text}" if text.startswith(("MATCH", "UNWIND")) else text,
        )
    )


def hostile(many: int, seed: int) -> Iterator[Hostile]:
    """``many`` draws, every kind of expression and of clause in turn; each another text."""
    draw, seen = random.Random(seed), set()
    kinds = [(name, None) for name in EXPRESSIONS] * 2 + list(CLAUSES.items()) * 2
    at = 0
    while len(seen) < many:
        name, make = kinds[at % len(kinds)]
        at += 1
        if make is not None:
            kind, text = name, make(draw)
        else:
            place = draw.choice(list(PLACES))
            kind, text = f"{name} in {place}", PLACES[place].format(e=EXPRESSIONS[name](draw))
        text = _disguised(draw, text)
        if text not in seen:
            seen.add(text)
            yield Hostile(kind, text)
