"""A program of its own that reads everything in an HDF5 file: `python hdf5_check.py FILE`.

HDF5's library can crash, hang or take all memory on a damaged file; here it does so to no one else. Exit code 0: all
arrays were read, and nothing in the file points out of it. 1: the reason is printed. Others: it crashed.
"""

import sys
from contextlib import suppress

# Beside the file's own bytes: Python, NumPy and HDF5 themselves.
_OWN_BYTES = 2 << 30
# Networks have a few hundred.
_MAX_OBJECTS = 100_000
# Weights hardly compress, and Keras does not try.
_MAX_EXPANSION = 20


def main(path: str) -> int:
    """Read a file; returns the exit code."""
    import os

    import h5py

    _limit_memory(_OWN_BYTES + _MAX_EXPANSION * os.path.getsize(path))
    try:
        with h5py.File(path, "r") as file:
            _read(file, _MAX_EXPANSION * os.path.getsize(path))
    except Exception as error:  # whatever its damage leads to, in one line
        print(" ".join(f"{error}".split()) or type(error).__name__)
        return 1
    return 0


def _limit_memory(limit_bytes: int) -> None:
    try:
        import resource
    except ImportError:
        return  # Windows has no such limit
    # What the shell or the system allows may be less already, and some systems refuse any limit.
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    with suppress(ValueError, OSError):
        limit_bytes = limit_bytes if hard == resource.RLIM_INFINITY else min(limit_bytes, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, hard))


def _read(file, left_bytes: int) -> None:
    """Read all attributes and arrays of a file, once each.

    Raises:
        ValueError: it holds something that no file of weights does.
    """
    import h5py

    groups, seen, objects = [file], set(), 0
    while groups:
        group = groups.pop()
        _read_attributes(group)
        for name in group:
            objects += 1
            if objects > _MAX_OBJECTS:
                raise ValueError(f"more than {_MAX_OBJECTS:,} objects")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"{name} is a link to another place")
            found = group[name]
            where = h5py.h5o.get_info(found.id).addr
            if where in seen:
                raise ValueError(f"{name} is in the file twice")
            seen.add(where)
            if isinstance(found, h5py.Group):
                groups.append(found)
            elif isinstance(found, h5py.Dataset):
                left_bytes -= _read_array(name, found, left_bytes)
            else:
                raise ValueError(f"{name} is neither a group nor an array")


def _read_array(name: str, array, left_bytes: int) -> int:
    """Read an array, and return its bytes."""
    if array.external or array.is_virtual:
        raise ValueError(f"{name} has its values in another file")
    if array.nbytes > left_bytes:
        raise ValueError(f"{name} takes {array.nbytes:,} bytes, more than the file can hold")
    array[()]
    _read_attributes(array)
    return array.nbytes


def _read_attributes(owner) -> None:
    for name in owner.attrs:
        owner.attrs[name]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
