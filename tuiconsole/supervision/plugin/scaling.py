"""Programs with several processes: how many there are may differ from what the user's file says.

The file is not touched. Wherever supervisor reads a program section, the number in force stands in for its
`numprocs`: at the start, at a reload, and at `reread`, which therefore reports no change. While supervisord
runs, processes are added to their group, and taken from it once nothing of them runs.
"""

from __future__ import annotations

from typing import NamedTuple

from supervisor.datatypes import integer

from tuiconsole.supervision.plugin.processes import ALIVE
from tuiconsole.supervision.plugin.standing import Managed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tuiconsole.supervision.plugin.standing import StandingOrders

Read = "Callable[[Any, str, str, Any], list[Any]]"
"""Supervisor's own way to make the processes of a section: (parser, section, group, class)."""


class Origin(NamedTuple):
    """Where a process comes from: its program section, its place there, and the file's own number."""

    section: str
    program: str
    ordinal: int
    numprocs: int


def read_section(
    read: Callable[[Any, str, str, Any], list[Any]],
    parser: Any,
    section: str,
    group: str,
    klass: Any,
    scales: dict[str, int],
) -> list[Any]:
    """The processes of a program section, as many as the number in force says, each with its origin."""
    program = section.partition(":")[2].strip()
    if not section.startswith(("program:", "fcgi-program:")) or not _scalable(parser, section):
        return read(parser, section, group, klass)
    file_says = integer(parser.saneget(section, "numprocs", 1))
    start = integer(parser.saneget(section, "numprocs_start", 0))
    number = scales.get(f"{group}:{program}", file_says)
    with_number = _Instead(parser, section)
    with with_number:
        with_number.set(numprocs=number)
        found = read(parser, section, group, klass)
        by_name = {config.name: config for config in found}
        for index in range(number):
            # One at a time: which name is which cannot be told from their order.
            with_number.set(numprocs=1, numprocs_start=start + index)
            for one in read(parser, section, group, klass):
                if one.name in by_name:
                    origin = Origin(section, program, index, file_says)
                    by_name[one.name].tuiconsole_origin = origin
    return found


def _scalable(parser: Any, section: str) -> bool:
    return "%(process_num" in str(parser.saneget(section, "process_name", "", do_expand=False))


class _Instead:
    """Other values for options of a section, for a while."""

    def __init__(self, parser: Any, section: str) -> None:
        self._parser = parser
        self._section = section
        self._before: dict[str, str | None] = {}

    def __enter__(self) -> None:
        for name in ("numprocs", "numprocs_start"):
            has = self._parser.has_option(self._section, name)
            self._before[name] = self._parser.get(self._section, name, raw=True) if has else None

    def set(self, **values: int) -> None:
        """Have these hold."""
        for name, value in values.items():
            self._parser.set(self._section, name, str(value))

    def __exit__(self, *_: object) -> None:
        for name, value in self._before.items():
            if value is None:
                self._parser.remove_option(self._section, name)
            else:
                self._parser.set(self._section, name, value)


def put_in_force(options: Any, group_config: Any, scales: dict[str, int]) -> list[Any]:
    """Give a group the processes that the numbers say; returns those that it had before and has no more."""
    surplus: list[Any] = []
    sections = {
        config.tuiconsole_origin.section: config.tuiconsole_origin
        for config in group_config.process_configs
        if hasattr(config, "tuiconsole_origin")
    }
    for section, origin in sections.items():
        mine = [c for c in group_config.process_configs if _comes_from(c, section)]
        number = scales.get(f"{group_config.name}:{origin.program}", origin.numprocs)
        if len(mine) == number:
            continue
        at = group_config.process_configs.index(mine[0])
        old = {config.name: config for config in mine}
        new = options.section_again(section, group_config.name, type(mine[0]))
        for place, config in enumerate(new):
            known = old.pop(config.name, None)
            if known is not None and known == config:
                new[place] = known
        rest = [c for c in group_config.process_configs if not _comes_from(c, section)]
        group_config.process_configs[:] = [*rest[:at], *new, *rest[at:]]
        surplus += old.values()
    return surplus


def _comes_from(config: Any, section: str) -> bool:
    origin = getattr(config, "tuiconsole_origin", None)
    return origin is not None and origin.section == section


class Scaling:
    """Keeps the groups of one supervisord at the numbers in force.

    Args:
        supervisord: its options can read a section again.
        orders: hold the numbers.
        scaled: told of each group whose processes have changed.
    """

    def __init__(self, supervisord: Any, orders: StandingOrders, scaled: Callable[[str], None]) -> None:
        self._supervisord = supervisord
        self._orders = orders
        self._scaled = scaled
        self.waits = False
        """True while something surplus is still alive."""

    def apply(self) -> None:
        """Add what is missing, and take away what is surplus and does not run.

        Call it only where nobody walks over the processes of a group.
        """
        self.waits = False
        self._guard()
        for group in list(self._supervisord.process_groups.values()):
            before = list(group.config.process_configs)
            surplus = put_in_force(self._supervisord.options, group.config, self._orders.scales)
            if before == group.config.process_configs and not self._left(group):
                continue
            self._guard()  # Before there is a process that its autostart could spawn.
            for config in group.config.process_configs:
                process = group.processes.get(config.name)
                if process is None:
                    config.create_autochildlogs()
                    group.processes[config.name] = config.make_process(group)
                elif process.config is not config:
                    _take_over(process, config)
            changed = before != group.config.process_configs
            for process in self._left(group):
                if process.state in ALIVE:
                    self.waits = True
                else:
                    del group.processes[process.config.name]
                    changed = True
            if changed or surplus:
                self._scaled(group.config.name)

    def _guard(self) -> None:
        """What is new is managed as its like is: the master's list may not know it yet."""
        managed = self._orders.managed
        for group in self._supervisord.process_groups.values():
            for config in group.config.process_configs:
                namespec = f"{group.config.name}:{config.name}"
                origin = getattr(config, "tuiconsole_origin", None)
                if origin is None or namespec in managed:
                    continue
                likes = [
                    f"{group.config.name}:{other.name}"
                    for other in group.config.process_configs
                    if _comes_from(other, origin.section)
                ]
                like = next((name for name in likes if name in managed), None)
                if like is not None:
                    known = managed[like]
                    grant = namespec if known.grant == like else known.grant
                    self._orders.govern(namespec, Managed(grant, known.isolation))
                    managed = self._orders.managed

    def _left(self, group: Any) -> list[Any]:
        names = {config.name for config in group.config.process_configs}
        return [process for name, process in group.processes.items() if name not in names]


def _take_over(process: Any, config: Any) -> None:
    """What has changed about it counts from its next start; its log files stay."""
    config.stdout_logfile, config.stderr_logfile = (
        process.config.stdout_logfile,
        process.config.stderr_logfile,
    )
    process.config = config
