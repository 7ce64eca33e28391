"""Starts the shim, the parent of supervisord that outlives the agent.

A file to run by its path:

    python -I -S shim.py RUN_DIR SHIM_ID INCARNATION

It runs twice. The first life makes itself a subreaper, which needs ctypes, and starts again: the setting
survives execve, the memory of ctypes does not. The second life is `subreaper.py`, imported so that its
compiled form is used.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_PR_SET_CHILD_SUBREAPER = 36


def prepare(argv: list[str]) -> NoReturn:
    """Become a subreaper, then start again without the memory that ctypes took."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(1), 0, 0, 0):
        os.write(2, b"this kernel has no PR_SET_CHILD_SUBREAPER\n")
        os._exit(1)
    os.execv(sys.executable, [sys.executable, "-I", "-S", __file__, *argv, "prepared"])  # noqa: S606 (itself)


if __name__ == "__main__":
    if sys.argv[-1] == "prepared":
        sys.path.append(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 (pathlib costs memory)
        import subreaper  # type: ignore[import-not-found]  # found by the line above, without the package

        subreaper.main(sys.argv[1:-1])
    else:
        prepare(sys.argv[1:])
