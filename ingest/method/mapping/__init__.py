"""Maps a small study to a reference of cells, in closed form. Pure functions of arrays: NumPy and SciPy; no single-cell
library, and no files except the plain arrays of ``pack``.

``engine`` is the entry: ``build`` makes a reference with its calibration, ``map_cells`` maps a study to it;
``extended`` adds cells to a reference, ``moments`` makes one from statistics by type. Rooms, each importing only those
after it: ``calibration``, ``query``, ``heads``, ``space``.
"""
