"""What a file of arrays is, and what it would unpack to, asked before anything of it is read.

May import ``kg.errors``, ``kg.files``, h5py, numcodecs.
To add one thing: something else that a damaged or hostile HDF5 file may hold is one check in ``hdf5``, another codec
one line in ``chunks``.
"""
