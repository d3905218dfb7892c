"""Backup and restore of a graph and its home: backups in a separate folder, and kept releases in the home."""
