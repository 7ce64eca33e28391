"""The programs of an item that use its buses; which one this is, Supervisor says (SUPERVISOR_PROCESS_NAME).

A station whose bus is gone goes on, complains in its log and tries again; after a minute it gives up and
exits 1. What is done about it meanwhile is the business of whoever supervises it.
"""

from __future__ import annotations

import select
import time

import place
import witness
from bus_line import BusLine, BusLostError

PERIOD = 2.0
"""Seconds between two publications."""
RETRY = 0.5
"""Seconds between two attempts to reach a lost bus."""
PATIENCE = 60.0
"""Seconds without a bus after which a station gives up."""

# What each station listens to and what it publishes on the internal bus of its item.
ROLES: dict[str, tuple[tuple[str, ...], str]] = {
    "scen2_config_manager": (("requests",), "config"),
    "scen2_sensor_acquisition": (("commands", "config"), "readings"),
    "scen2_data_processing": (("readings", "config"), "picture"),
    "scen2_common_bus_interface": (("picture",), ""),
    "scen2_chart_view": (("picture",), ""),
    "scen2_sensor_view": (("readings",), ""),
    "scen2_sensor_control": (("readings",), "commands"),
}
BRIDGE = "scen2_common_bus_interface"


class Station:
    """One program at its buses."""

    def __init__(self, program: str) -> None:
        if program not in ROLES:
            raise place.MisplacedError(f"program {program!r} is none of {', '.join(sorted(ROLES))}")
        self.program = program
        self.topics, self.output = ROLES[program]
        self.received = 0
        self._lines: dict[str, BusLine] = {}
        self._wanted = ["internal", "common"] if program == BRIDGE else ["internal"]

    def connect(self) -> None:
        """Open the lines that are not open. Raises BusLostError."""
        for which in self._wanted:
            if which not in self._lines:
                line = BusLine(*place.bus(which), who=self.program)
                if which == "internal":
                    for topic in self.topics:
                        line.send(f"SUB {topic}")
                self._lines[which] = line
                place.say(f"connected to bus {line.name}")

    def work(self) -> None:
        """Publish and receive until a bus is lost. Raises BusLostError, with the line already forgotten."""
        try:
            self._exchange()
        except BusLostError:
            self._lines = {which: line for which, line in self._lines.items() if line.fileno() >= 0}
            raise

    def _exchange(self) -> None:
        due = time.monotonic()
        number = 0
        while True:
            if self.output and time.monotonic() >= due:
                due = time.monotonic() + PERIOD
                number += 1
                self._lines["internal"].send(f"PUB {self.output} {number} from {self.program}")
            rest = max(due - time.monotonic(), 0.0) if self.output else None
            readable, _, _ = select.select(list(self._lines.values()), [], [], rest)
            for line in readable:
                self._receive(line)

    def _receive(self, line: BusLine) -> None:
        for text in line.lines(1.0):
            self.received += 1
            word, _, rest = text.partition(" ")
            if word == "MSG" and self.program == BRIDGE and line is self._lines["internal"]:
                self._lines["common"].send(f"PUB {place.GROUP}.{rest}")
        if self.received % 100 == 1:
            place.say(f"received {self.received}")


def turn(station: Station) -> tuple[bool, str]:
    """Connect and work until a bus is lost: whether the station was connected, and what it lost."""
    connected = False
    try:
        station.connect()
        connected = True
        station.work()
    except BusLostError as error:
        return connected, str(error)
    return connected, ""


def main() -> int:
    station = Station(place.PROGRAM)
    lost_at = time.monotonic()
    told = ""
    while time.monotonic() - lost_at < PATIENCE:
        was_connected, complaint = turn(station)
        if was_connected:
            lost_at = time.monotonic()
        if was_connected or complaint != told:
            told = complaint
            place.say(complaint)
        time.sleep(RETRY)
    place.say(f"gave up after {PATIENCE:.0f} s without a bus")
    return 1


if __name__ == "__main__":
    witness.run(main)
