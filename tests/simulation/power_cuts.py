"""Power cuts of hosts on virtual time: how long until what ran there begins on another host, and why so long.

`python -m tests.simulation.power_cuts FROM-TO [PROFILE] [SECONDS]` plays seeds on all cores. It prints how
the times are spread, and the timeline of each cut that took longer than SECONDS.
"""

from __future__ import annotations

import logging
import os
import statistics
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import NamedTuple

from tests.simulation.host import Host
from tests.simulation.site import UP_WITHIN, Manner, Site, virtual
from tests.timeline import Broken
from tuiconsole.model.process import Process
from tuiconsole.settings.timing import PROFILES

CUTS = 4
"""By seed."""
GIVEN_UP = 15.0
"""Seconds after a cut."""
LOOK = 0.01
"""Seconds between two looks at what the survivors do: what the timeline is made of."""
SETTLED = 20.0
"""Seconds after the power is back."""


class Cut(NamedTuple):
    """One power cut. Times in seconds."""

    seed: int
    number: int
    """Within its seed, from 1."""
    of_the_master: bool
    elsewhere: float
    """From the cut until the first program of what was lost began on another host."""
    timeline: tuple[tuple[float, str], ...]
    """What the survivors did, since the cut."""

    def __str__(self) -> str:
        whose = "the master's" if self.of_the_master else "another"
        lines = [f"seed {self.seed}, cut {self.number}: {whose} host, elsewhere after {self.elsewhere:.3f} s"]
        return "\n".join([*lines, *(f"  {at:7.3f}  {what}" for at, what in self.timeline)])


class CutSite(Site):
    """A cluster at rest whose hosts lose their power in turn; each carries a server and a console."""

    def __init__(self, seed: int, profile: str = "default") -> None:
        super().__init__(seed, Manner(), profile)
        self.failing = 0.0
        self._lost: set[str] = set()
        """Applications that have lost their host and not begun elsewhere yet."""
        self._began: float | None = None

    def check_spawn(self, on: Host, process: Process) -> None:
        """As ever; and the first of what was lost is timed."""
        super().check_spawn(on, process)
        if process.group in self._lost and self._began is None:
            self._began = self.now

    def cuts(self, count: int = CUTS) -> Iterator[Cut]:
        """One after the other, each on a cluster that is whole."""
        with virtual(self):
            for name in self.hosts:
                self.at(self.chance.uniform(0.0, 1.0), self.hosts[name].start_agent)
            self.until_well(UP_WITHIN)
            for number in range(1, count + 1):
                self.run_until(self.now + self.chance.uniform(2.0, 4.0))
                yield self._cut(number)
                self.until_well(SETTLED)

    def _cut(self, number: int) -> Cut:
        carried = {name: self._carries(name) for name in self.hosts if self._carries(name)}
        master = self._master()
        of_the_master = master in carried and self.chance.random() < 0.6
        server = master if of_the_master else self.chance.choice(sorted(carried))
        lost = [server, server.replace("server", "console")]
        self._lost, self._began = carried[server], None
        cut, told = self.now, len(self.story)
        for name in lost:
            self.hosts[name].power_off()
        last = self._look()
        while (began := self._begun()) is None:
            if self.now > cut + GIVEN_UP:
                raise Broken(f"{self._lost} begins nowhere within {GIVEN_UP:g} s")
            self.run_until(self.now + LOOK)
            seen = self._look()
            for what in seen:
                if seen[what] != last.get(what):
                    self.tell(f"{what}: {seen[what]}")
            last = seen
        timeline = tuple((at - cut, what) for at, what in self.story[told:])
        made = Cut(self.seed, number, server == master, began - cut, timeline)
        self._lost = set()
        self.run_until(max(self.now, cut + 6.0))
        for name in lost:
            self.hosts[name].start_agent()
        return made

    def _begun(self) -> float | None:
        return self._began

    def _carries(self, server: str) -> set[str]:
        supervisord = self.hosts[server].shim.supervisord
        alive = supervisord.alive() if supervisord is not None else ()
        return {process.group for process in alive if process.group.startswith("scen2_srv")}

    def _master(self) -> str:
        for name, host in self.hosts.items():
            voter = host.agency.engine.voter if host.agency and host.agency.engine else None
            if voter is not None and voter.leadership(host.clock()) is not None:
                return name
        return ""

    def _look(self) -> dict[str, str]:
        """What the survivors are at."""
        seen = {}
        for name, host in self.hosts.items():
            agency = host.agency
            if agency is None or agency.engine is None or agency.engine.voter is None:
                continue
            voter = agency.engine.voter
            seen[f"{name}'s vote"] = f"{voter.election.role.value} of term {voter.election.term}"
            reign = agency.agent._throne.reign if agency.agent._throne else None
            if reign is None or not reign._began:
                continue
            s = reign._engine.situation
            seen[f"{name} rules term {reign.term}"] = "settled" if s.settled else "settling"
            seen[f"{name} is asking the voters about"] = (
                " ".join(sorted(reign._detector._raising)) or "nobody"
            )
            seen[f"{name} has given up"] = " ".join(sorted(s.lost)) or "nobody"
            seen[f"{name} has jobs"] = " ".join(f"{k} {v.phase.value}" for k, v in s.jobs.items()) or "none"
        return seen


def cut(seed: int, profile: str = "default") -> list[Cut]:
    """All cuts of a seed."""
    return list(CutSite(seed, profile).cuts())


def _quiet(profile: str, seed: int) -> list[Cut]:
    logging.disable(logging.CRITICAL)
    return cut(seed, profile)


def spread(cuts: Sequence[Cut]) -> str:
    """How the times are spread, in words."""
    times = sorted(one.elsewhere for one in cuts)
    last = len(times) - 1
    marks = ", ".join(f"{share:.0%} within {times[int(share * last)]:.2f} s" for share in (0.9, 0.99))
    return f"{len(times)} cuts: median {statistics.median(times):.2f} s, {marks}, at most {times[-1]:.2f} s"


def main(arguments: Sequence[str]) -> int:
    """Returns 2 for usage."""
    first, _, last = arguments[0].partition("-") if arguments else ("", "", "")
    profile = arguments[1] if len(arguments) > 1 else "default"
    if not first.isdigit() or profile not in PROFILES:
        print(__doc__)
        return 2
    slow = float(arguments[2]) if len(arguments) > 2 else float("inf")
    seeds = range(int(first), int(last or first) + 1)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        cuts = [one for found in pool.map(partial(_quiet, profile), seeds) for one in found]
    for one in cuts:
        if one.elsewhere > slow:
            print(one)
    for whose in (True, False):
        chosen = [one for one in cuts if one.of_the_master is whose]
        if chosen:
            print("the master's host:" if whose else "another host:", spread(chosen))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
