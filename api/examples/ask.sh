#!/bin/sh
# Ask with curl: sh ask.sh [MODEL]. ORTHOKG_URL and, where the server wants one, ORTHOKG_TOKEN come by environment.
curl --silent --show-error "${ORTHOKG_URL:-http://127.0.0.1:8000}/graphql" \
  -H 'content-type: application/json' ${ORTHOKG_TOKEN:+-H "authorization: Bearer $ORTHOKG_TOKEN"} \
  -d '{"query": "query($model: String!) { matches(model: $model, disease: \"MONDO:0004975\") { totalCount nodes { modelLabel humanLabel status p q } } }",
       "variables": {"model": "'"${1:-rTg4510}"'"}}'
