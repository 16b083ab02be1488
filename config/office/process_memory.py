"""Keeps what a serving process has in its memory, numbers and keys, out of files: no core dump of it is written."""

import ctypes
import resource

PR_SET_DUMPABLE = 4


def forbid_core_dumps() -> None:
    """Forbid core dumps of this process, and to others of the same user a look into its memory.

    Where the system has no such call (prctl is Linux's), or refuses it, the office is served all the same.
    """
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        # a limit of zero does not stop a core_pattern that pipes into a program; this does
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    except (OSError, ValueError, AttributeError):
        return
