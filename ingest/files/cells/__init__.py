"""Single-cell files, all formats behind one interface.

May import ``ingest.files`` (what is untrusted is looked at there first), h5py, zarr, anndata.
To add one thing: a format is one file and one line in ``matrix``.
"""
