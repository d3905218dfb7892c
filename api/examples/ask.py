"""Ask with gql (pip install "gql[httpx]"): python ask.py [MODEL]. Walks all pages."""

import json
import os
import sys

from gql import Client, gql
from gql.transport.httpx import HTTPXTransport

QUERY = gql("""
query($model: String!, $after: String) {
  matches(model: $model, disease: "MONDO:0004975", first: 1, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes { modelLabel humanLabel status p q }
  }
}""")


def main() -> None:
    token = os.environ.get("ORTHOKG_TOKEN")
    headers = {"authorization": f"Bearer {token}"} if token else {}
    url = os.environ.get("ORTHOKG_URL", "http://127.0.0.1:8000") + "/graphql"
    client = Client(transport=HTTPXTransport(url=url, headers=headers, timeout=60))
    nodes, after = [], None
    while True:
        QUERY.variable_values = {"model": sys.argv[1] if len(sys.argv) > 1 else "rTg4510", "after": after}
        page = client.execute(QUERY)["matches"]
        nodes += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    print(json.dumps({"data": {"matches": {"totalCount": page["totalCount"], "nodes": nodes}}}))


if __name__ == "__main__":
    main()
