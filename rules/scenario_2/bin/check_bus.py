"""Exit 0 once a bus is operational: `check_bus.py internal|common UNITS`.

Operational means that it answers the handshake under its own name, and then every ping for UNITS times
SCEN2_WAIT seconds. Exit 1 when that was not reached within 30 s plus the scripted waits.
"""

from __future__ import annotations

import sys
import time

import place
import witness
from bus_line import BusLine, BusLostError

BOUND = 30.0
"""Seconds. Longer than any bus needs, shorter than an operator's patience."""
PROBE_EVERY = 0.01
"""Seconds between two attempts: it adds little to a start, and a refused connection is cheap."""
PING_EVERY = 0.1
"""Seconds between two pings of a bus under watch."""


def watch(line: BusLine, seconds: float) -> None:
    """Ping for that long. Raises BusLostError if the bus stops answering."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        line.send("PING")
        if "PONG" not in line.lines(1.0):
            raise BusLostError(f"bus {line.name} does not answer a ping")
        time.sleep(min(PING_EVERY, max(left, 0)))


def main() -> int:
    which = sys.argv[1] if len(sys.argv) > 1 else ""
    units = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    name, host, port = place.bus(which)
    unit = place.wait_unit()
    until = time.monotonic() + BOUND + unit * (1 + units)
    complaint = ""
    while time.monotonic() < until:
        try:
            line = BusLine(name, host, port, place.PROGRAM)
            watch(line, unit * units)
        except BusLostError as error:
            if str(error) != complaint:
                complaint = str(error)
                place.say(complaint)
            time.sleep(PROBE_EVERY)
            continue
        place.say(f"bus {name} is operational")
        return 0
    place.say(f"gave up: {complaint}")
    return 1


if __name__ == "__main__":
    witness.run(main)
