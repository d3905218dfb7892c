"""Files become associations: sources and manifests in, checked batches out."""
