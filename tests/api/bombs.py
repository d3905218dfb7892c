"""Requests that are made to do harm: texts for any argument, and queries that cost more than they look."""

import json

from graphql import FloatValueNode, ListValueNode, StringValueNode, is_scalar_type, is_specified_scalar_type
from hypothesis import strategies as st
from hypothesis_graphql import from_schema

from api.access.limits import Limits
from api.schema import build

TEXTS = (
    "' OR 1=1 //",
    '" OR 1=1 //',
    "') RETURN k //",
    "'}) DETACH DELETE k //",
    "`) DETACH DELETE n //",
    "\\' RETURN 1 //",
    "' UNION MATCH (n) RETURN n.id AS id //",
    "1; MATCH (n) DETACH DELETE n",
    "$ids",
    "${model}",
    "{{7*7}}",
    "%s%n%x",
    "\\u0027 RETURN 1 //",
    "/* */ RETURN 1",
    "CALL db.labels()",
    "LOAD CSV FROM 'file:///etc/passwd' AS x RETURN x",
    "../../../../etc/passwd",
    "file:///etc/passwd",
    "http://127.0.0.1:1/",
    "a\r\nSet-Cookie: x=1",
    "<script>alert(1)</script>",
    '"}]}) { id } } #',
    "*:* OR _all:*",
    "~* AND (",
    "a\u202e\u200b\ufeff",
    "ＩＤ＇",
    "𝒳" * 50,
    "x" * 300,
    "NaN",
    "-1",
    "orthokg:match/%27",
    "W10",
    "bnVsbA==",
    "WyJhIiwxLCJiIl0",
    "",
)


def _nested(name: str, n: int) -> str:
    return f"{{ {name} {{ " * n + "x" + " }" * 2 * n


def bombs() -> list[bytes]:
    """Bodies of requests."""
    doubling = "query { status { ...F0 } } " + " ".join(
        f"fragment F{n} on GraphStatus {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60)
    )
    wide = " ".join(f"a{n}: status {{ store }}" for n in range(400))
    deep_types = "{ __schema { types " + "{ fields { type " * 10 + "{ name }" + " } }" * 10 + " } }"
    queries = [
        doubling + " fragment F60 on GraphStatus { store }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{ " + wide + " }",
        "{ status { " + "store " * 950 + "} }",
        "{ status { " + "store @include(if: true) " * 200 + "} }",
        "{ status { store " + "@skip(if: false) " * 300 + "} }",
        "query(" + " ".join(f"$v{n}: Int" for n in range(300)) + ") { status { store } }",
        "{ search(text: " + "[" * 800 + "]" * 800 + ") { known } }",
        "{ search(text: " + "{a: " * 300 + "1" + "}" * 300 + ") { known } }",
        '{ search(text: """' + "x" * 60_000 + '""") { known } }',
        '{ search(text: "' + "\\u{1F600}" * 3000 + '") { known } }',
        _nested("a", 5000),
        deep_types,
        '{ matches(model: "a", first: 2147483647) { nodes { curie } } }',
        '{ matches(model: "a", first: 99999999999999999999999999) { nodes { curie } } }',
        "{" * 60_000,
        "#" * 60_000,
        "\ufeff{ status { store } }",
        "{ status { st\u006fre \u202e } }",
        "subscription { status { store } }",
    ]
    ask = "{ status { store } }"
    bodies = [json.dumps({"query": query}).encode() for query in queries]
    bodies += [
        json.dumps([{"query": ask}] * 1000).encode(),
        b"[" * 100_000,
        b'{"query":' * 20_000,
        json.dumps({"query": ask, "variables": {"x": [[0] * 1000] * 100}}).encode(),
        b'{"query": "{ status { store } }", "variables": {"x": ' + b"[" * 5000 + b"]" * 5000 + b"}}",
        b'{"query": "{ status { store } }", "variables": {"x": 1' + b"0" * 4000 + b"}}",
        b'{"query": "{ status { store } }", "variables": {"x": 1e999}}',
        b'{"query": "{ status { store } }", "variables": {"x": "\\ud800"}}',
        b'{"query": "{ status { store } }", "variables": {"\\u0000": 1}}',
        b'{"query": "query($i: ID!) { match(id: $i) { curie } }", "variables": {"i": ' + b"9" * 18 + b"}}",
        b'{"query": "{ status { store } }", "operationName": "\\udfff"}',
        b'{"query": "{ status { store } }", "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "x"}}}',
        b"\xff\xfe\x00{",
        b"null",
        b"0",
        b'"x"',
        b"{}",
        b"",
    ]
    return bodies


def queries() -> st.SearchStrategy[str]:
    """Queries drawn from the schema, with lists of texts and numbers for the scalars that are its own."""
    schema = build(Limits())
    lists = st.sampled_from(
        [
            ListValueNode(values=()),
            ListValueNode(values=(StringValueNode(value="a"), StringValueNode(value="\u202e"))),
            ListValueNode(values=(FloatValueNode(value="1.5"), FloatValueNode(value="-1e300"))),
        ]
    )
    own = [
        name
        for name, kind in schema._schema.type_map.items()
        if is_scalar_type(kind) and not is_specified_scalar_type(kind)
    ]
    return from_schema(schema.as_str(), custom_scalars=dict.fromkeys(own, lists))
