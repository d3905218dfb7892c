"""Maps a small study to a reference of cells, in closed form.

Genes, space, correction, head, sets and what lies outside: one kernel each, with its card. Pure: NumPy and SciPy,
arrays in and arrays out; no single-cell library and no file but the plain arrays of ``pack``. ``engine`` is the entry:
``build`` makes a reference with its calibration, ``map_cells`` reads a study against it.
"""
