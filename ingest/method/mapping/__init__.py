"""Maps a small study to a reference of cells, in closed form. One kernel each, with its card: genes, space, correction,
classifier head, prediction sets, and novelty (cells outside the reference). Pure functions of arrays: NumPy and SciPy;
no single-cell library, and no files except the plain arrays of ``pack``. ``engine`` is the entry: ``build`` makes a
reference with its calibration, ``map_cells`` maps a study to it."""
