"use strict";

// A server with tokens wants one under Headers: {"Authorization": "Bearer ..."}; it is kept in this page only.
const FIRST_QUERY = `# Which changes of a mouse model match which human disease states?
# The documentation of every field is behind the book on the left.
{
  status {
    store
    nodes { name count }
    missing { id reason }
  }
}
`;

async function ask(request, options) {
  const answer = await fetch("graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(options && options.headers) },
    body: JSON.stringify(request),
  });
  return answer.json();
}

ReactDOM.render(
  React.createElement(GraphiQL, {
    fetcher: ask,
    defaultQuery: FIRST_QUERY,
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
  }),
  document.getElementById("editor"),
);
