// Ask with fetch (Node 18 or later, or a browser): node ask.mjs [MODEL]
const url = `${process.env.ORTHOKG_URL ?? "http://127.0.0.1:8000"}/graphql`;
const token = process.env.ORTHOKG_TOKEN;
const query = `query($model: String!) {
  matches(model: $model, disease: "MONDO:0004975") { totalCount nodes { modelLabel humanLabel status p q } }
}`;
const response = await fetch(url, {
  method: "POST",
  headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
  body: JSON.stringify({ query, variables: { model: process.argv[2] ?? "rTg4510" } }),
});
const answer = await response.json();
for (const error of answer.errors ?? []) console.error(error.extensions.code, error.message);
console.log(JSON.stringify({ data: answer.data }));
