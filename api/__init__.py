"""Questions over HTTP: GraphQL over the graph."""
