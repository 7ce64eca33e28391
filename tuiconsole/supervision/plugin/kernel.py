"""Two calls of the kernel that Python does not offer: prctl(PR_SET_PDEATHSIG) and timers on CLOCK_BOOTTIME.

All ctypes objects are made here, at import time: between fork and exec only the ready-made calls are used.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_libc = ctypes.CDLL(None, use_errno=True)
_prctl = _libc.prctl
_PR_SET_PDEATHSIG = ctypes.c_ulong(1)
_SIGKILL = ctypes.c_ulong(signal.SIGKILL)
_TIMER_ABSTIME = 1


def die_with_parent() -> None:
    """SIGKILL this process when the process that made it ends. Cleared by any later change of its user."""
    _prctl(_PR_SET_PDEATHSIG, _SIGKILL)


def _timer_call(name: str) -> Callable[..., int]:
    for library in (None, "librt.so.1"):  # glibc before 2.34 keeps timers in a library of their own
        with contextlib.suppress(AttributeError):
            call: Callable[..., int] = getattr(ctypes.CDLL(library, use_errno=True), name)
            return call
    raise OSError(f"the C library has no {name}")


class BootTimer:
    """A POSIX timer on CLOCK_BOOTTIME that sends SIGALRM to this process.

    It counts suspended time too: after a resume it fires at once, so that no polling is needed.

    Raises:
        OSError: the kernel has no such timer.
    """

    def __init__(self) -> None:
        self._settime = _timer_call("timer_settime")
        self._id = ctypes.c_void_p()
        if _timer_call("timer_create")(time.CLOCK_BOOTTIME, None, ctypes.byref(self._id)):
            raise OSError(
                ctypes.get_errno(), "no timer on CLOCK_BOOTTIME: " + os.strerror(ctypes.get_errno())
            )

    def arm(self, at: float) -> None:
        """Fire once at `at`, seconds of CLOCK_BOOTTIME; at once if that is past. Replaces what was set."""
        at = max(at, 0.001)  # zero would disarm it
        seconds = int(at)
        self._set(seconds, int((at - seconds) * 1e9))

    def disarm(self) -> None:
        """Do not fire."""
        self._set(0, 0)

    def _set(self, seconds: int, nanoseconds: int) -> None:
        spec = (ctypes.c_long * 4)(0, 0, seconds, nanoseconds)
        self._settime(self._id, _TIMER_ABSTIME, ctypes.byref(spec), None)
