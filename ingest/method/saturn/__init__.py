"""SATURN: cells of several species in one embedding, by the similarity of their proteins (doi
10.1038/s41592-024-02191-z)."""
