"""Queries drawn from the schema, and bombs: always an answer, never an error of the server."""

import json

from hypothesis import HealthCheck, given, seed, settings

from tests.api.bombs import bombs, queries

DRAWN = 60


def test_drawn_queries_are_answered(client):
    statuses = []

    @seed(7)
    @settings(max_examples=DRAWN, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(queries())
    def draw(query: str) -> None:
        answer = client.post(
            "/graphql", content=json.dumps({"query": query}), headers={"content-type": "application/json"}
        )
        codes = {error["extensions"]["code"] for error in answer.json().get("errors", ())}
        assert "INTERNAL" not in codes, (query, answer.text)
        statuses.append(answer.status_code)

    draw()
    assert len(statuses) >= DRAWN
    assert max(statuses) < 500


def test_bombs_are_refused_or_answered(client):
    for body in bombs():
        answer = client.post("/graphql", content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (200, 400, 413), body[:100]
        codes = {error["extensions"]["code"] for error in answer.json().get("errors", ())}
        assert "INTERNAL" not in codes, (body[:100], answer.text)
    assert client.get("/ready").status_code == 200
