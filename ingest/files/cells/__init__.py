"""Readers of single-cell files, all formats behind one interface. May import ``ingest.files`` (which first checks
untrusted files), h5py, zarr, anndata. To add one thing: a format is one file and one line in ``matrix``."""
