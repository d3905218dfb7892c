"""The graph: terms, schema, stores, questions and matching."""
