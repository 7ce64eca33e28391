"""Which program this is, of which item, on which node, and where its buses listen.

Everything comes from the environment: Supervisor names group and program, the launcher names node and
host. The ports avoid 61100-61119 (the nodes of tuiconsole.toml) and 32768-60999 (where Linux takes
ephemeral ports).
"""

from __future__ import annotations

import os

SRV_PORTS = 61200
"""The internal bus of scen2_srv_N listens at 61200 + N of its node's host."""
HCI_PORTS = 61300
"""The internal bus of scen2_hci_N listens at 61300 + N of its node's host."""
COMMON_PORTS = {"server": 61190, "console": 61191}
"""The common bus, by kind of node: a server and a console share a host, and each has its own."""
ITEMS = 99
"""The greatest item number that the port ranges hold."""

NODE = os.environ.get("TUICONSOLE_NODE", "")
HOST = os.environ.get("TUICONSOLE_HOST", "127.0.0.1")
GROUP = os.environ.get("SUPERVISOR_GROUP_NAME", "")
PROGRAM = os.environ.get("SUPERVISOR_PROCESS_NAME", "")

COMMON_BUS = "common_data_bus"


class MisplacedError(Exception):
    """The environment does not say what the program needs; `str()` is one line for its log."""


def say(text: str) -> None:
    """Write one line to the program's log."""
    print(text, flush=True)


def wait_unit() -> float:
    """SCEN2_WAIT in seconds: the unit of all scripted waits; 1 unless set, 0 for none."""
    text = os.environ.get("SCEN2_WAIT", "1")
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 60:
        raise MisplacedError(f"SCEN2_WAIT={text!r} is not a number of seconds from 0 to 60")
    return seconds


def internal_bus() -> tuple[str, str, int]:
    """Name, host and port of the internal bus of this program's item."""
    for prefix, first in (("scen2_srv_", SRV_PORTS), ("scen2_hci_", HCI_PORTS)):
        item = GROUP[len(prefix) :]
        if GROUP.startswith(prefix) and item.isdecimal() and 1 <= int(item) <= ITEMS:
            return GROUP, HOST, first + int(item)
    raise MisplacedError(f"group {GROUP!r} is neither scen2_srv_01 to _{ITEMS} nor scen2_hci_01 to _{ITEMS}")


def common_bus() -> tuple[str, str, int]:
    """Name, host and port of the common bus of this node."""
    kind = os.environ.get("SCEN2_KIND", "")
    if kind not in COMMON_PORTS:
        raise MisplacedError(f"SCEN2_KIND={kind!r} is neither server nor console; supervisord's file sets it")
    return COMMON_BUS, HOST, COMMON_PORTS[kind]


def bus(which: str) -> tuple[str, str, int]:
    """The bus that a command line names: `internal` or `common`."""
    if which == "internal":
        return internal_bus()
    if which == "common":
        return common_bus()
    raise MisplacedError(f"bus {which!r} is neither internal nor common")
