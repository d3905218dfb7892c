"""Queries as a client sends them."""

from typing import Any

from starlette.testclient import TestClient

_GIVEN = """state label disease role nFeatures reliability baseScore baseP otherScore otherP humanScore humanP score
  low high p
  power left explained opposite backScore backP nChanges note"""
MATCH = f"""
  curie mouse mouseLabel human humanLabel state disease level policy status reason score statistic
    interval {{ low high }}
  null {{ mouse human }} p q family familySize otherFamilies naiveP exploratoryP nFeatures effectiveN df
  axesOut {{ score p axes source }} ceiling correctedScore specificity
  statusLine modelSpecificity allGiven {{ share low high states leftOut }} mouseTaxon humanTaxon
  given {{ {_GIVEN} }}
  modelGiven {{ {_GIVEN} }}
  cohorts {{ contrast label region nCase nControl status null score p flags licence dataset }}
  policyBand {{ policy score p status }} references {{ reference label p }}
  changes(first: 100) {{ feature label direction contribution zMouse zHuman p q measured leftGiven leading }}
  nChanges flags engineered power method dataVersion sentence
"""


def post(client: TestClient, query: str, **variables: Any) -> dict[str, Any]:
    answer = client.post("/graphql", json={"query": query, "variables": variables})
    assert answer.status_code in (200, 403, 503), answer.text
    return answer.json()


def data(client: TestClient, query: str, **variables: Any) -> dict[str, Any]:
    answer = post(client, query, **variables)
    assert "errors" not in answer, answer
    return answer["data"]


def error(client: TestClient, query: str, **variables: Any) -> dict[str, Any]:
    """The one error of an answer."""
    (found,) = post(client, query, **variables)["errors"]
    return found
