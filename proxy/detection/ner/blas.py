"""Matrix products on one core: there is a worker for each, and threads that wait for each other spin.

Measured with two busy cores, a pass with OpenBLAS's default of a thread a core took 6 times the processor time.
"""

import ctypes
from pathlib import Path

import numpy as np


def use_one_thread() -> None:
    """Limit NumPy's own OpenBLAS, where it has one, in this process and what it forks."""
    package = Path(np.__file__).parent
    for folder in (package.with_name("numpy.libs"), package / ".dylibs"):
        for library in folder.glob("libscipy_openblas*"):
            limit = getattr(ctypes.CDLL(str(library)), "scipy_openblas_set_num_threads64_", None)
            if limit is not None:
                limit(1)
