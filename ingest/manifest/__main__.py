"""``python -m ingest.manifest`` writes the JSON schema of a manifest."""

from ingest.manifest.manifest import write_schema

if __name__ == "__main__":
    write_schema()
