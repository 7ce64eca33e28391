"""The clock of leases and deadlines: CLOCK_BOOTTIME, which also counts while the machine is suspended.

CLOCK_MONOTONIC stands still during a suspend, and the wall clock is set by people: neither can hold a lease.
"""

from __future__ import annotations

import time
from pathlib import Path

BootTime = float
"""Seconds of CLOCK_BOOTTIME of one boot of one machine. Stored only together with the boot_id."""


def boottime() -> BootTime:
    """Seconds since this machine booted, suspends included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def wall_offset() -> float:
    """Seconds from the boot-time clock to the wall clock, which people set: for pace, never for safety."""
    return time.time() - boottime()


def boot_id() -> str:
    """The kernel's random name of this boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def machine_id() -> str:
    """The machine's lasting name (machine-id(5)); the host name where the machine has none."""
    for place in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            text = Path(place).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text:
            return text
    return Path("/proc/sys/kernel/hostname").read_text(encoding="utf-8").strip()
