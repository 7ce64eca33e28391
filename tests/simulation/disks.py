"""Power cuts at every disk operation in turn: what was being written is lost, or nobody has heard of it yet.

`python -m tests.simulation.disks [EVERY]` plays one history of a cluster from its first boot, over and over,
each time with the power of one host cut at the next of all operations (or at each EVERY-th).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator

from tests.simulation.site import Site, virtual
from tests.timeline import Broken
from tuiconsole.model.requests import Action

HEALS_WITHIN = 20.0
DEEDS = (
    (Action.STOP, "scen2_srv_01"),
    (Action.START, "scen2_hci_01"),
    (Action.RESTART, "scen2_srv_02"),
    (Action.START, "scen2_srv_01"),
    (Action.RESTART, "team"),
    (Action.STOP, "scen2_hci_01"),
)


def history(cut_at: int) -> tuple[int, str]:
    """Play it with the power cut at this operation (0: at none). How many there were; and which was cut.

    Raises:
        Broken: a promise was.
    """
    site = Site(1)
    site.failing = site.stubborn = site.hanging = site.drift = 0.0
    site.cut_power_at = cut_at
    with virtual(site):
        for host in site.hosts.values():
            site.at(0.1, host.start_agent)
        try:
            for action, target in DEEDS:
                site.run_until(site.now + 1.5)
                site.ask("console_1", action, target)
            site.run_until(site.now + 2.0)
            operations = site.disk_operations
            site.faults.stopped.add("scen2_srv_01")  # if nobody could be asked to start it
            site.until_well(HEALS_WITHIN)
        except Broken as error:
            story = "\n".join(f"{at:7.3f}  {what}" for at, what in site.story)
            raise Broken(f"operation {cut_at}: {error}\n{story}") from None
    return operations, site.power_was_cut


def cuts(every: int = 1, first: int = 1) -> Iterator[str]:
    """What was cut, one after the other; the history without a cut says how many there are."""
    operations, _ = history(0)
    for cut_at in range(first, operations + 1, every):
        yield history(cut_at)[1]


def main(arguments: list[str]) -> int:
    """Returns 0 if every promise was kept, else 1."""
    logging.disable(logging.CRITICAL)
    count = 0
    for what in cuts(int(arguments[0]) if arguments else 1):
        count += 1
        if count % 50 == 0:
            print(f"… {count} cuts: {what}", file=sys.stderr, flush=True)
    print(f"the power cut at each of {count} disk operations: every promise was kept")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
