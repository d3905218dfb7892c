"""Exports: the graph in standard file formats, one module per format."""
