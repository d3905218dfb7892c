"""Copies of a graph and its home that can be had back: backups in a folder of their own, and kept releases in the
home."""
