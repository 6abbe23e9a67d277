"""What the operating system knows of a process of ours: its name, and that it ends with its parent.

Linux alone (prctl(2)); elsewhere names stay as they are, and a closed socket says that the parent is gone.
"""

import ctypes
import sys

SERVER, DETECTOR = "rf-server", "rf-detector"
"""Names in `ps -o comm`; Linux keeps 15 characters."""
PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15


def die_with_parent(signal_number: int) -> None:
    """Ask for a signal when the parent dies."""
    _prctl(PR_SET_PDEATHSIG, signal_number)


def name_process(name: str) -> None:
    """Name this process in the tables of the operating system: one that was forked has its parent's command line."""
    _prctl(PR_SET_NAME, ctypes.c_char_p(name.encode("ascii")))


def _prctl(option: int, value: object) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
