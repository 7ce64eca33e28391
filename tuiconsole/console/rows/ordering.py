"""The orders and groups in which the applications are listed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum

from tuiconsole.model.status import ApplicationStatus


class Order(str, Enum):
    """What the applications are sorted by; the name decides where that is equal."""

    NAME = "name"
    STATE = "state"
    FAILURES = "failures"
    NODE = "node"
    CPU = "CPU"
    MEMORY = "memory"

    @property
    def next(self) -> Order:
        """The one after this, in turn."""
        orders = tuple(Order)
        return orders[(orders.index(self) + 1) % len(orders)]


class Grouping(str, Enum):
    """What the processes are listed under."""

    APPLICATION = "application"
    NODE = "node"
    STATE = "state"

    @property
    def next(self) -> Grouping:
        """The one after this, in turn."""
        groupings = tuple(Grouping)
        return groupings[(groupings.index(self) + 1) % len(groupings)]


_KEY: dict[Order, Callable[[ApplicationStatus], object]] = {
    Order.NAME: lambda _: 0,
    Order.STATE: lambda one: one.state.value,
    Order.FAILURES: lambda one: (not one.major_failure, not one.minor_failure),
    Order.NODE: lambda one: one.nodes or ("\uffff",),
    Order.CPU: lambda one: -sum(process.cpu or 0.0 for process in one.processes),
    Order.MEMORY: lambda one: -sum(process.memory or 0 for process in one.processes),
}


def ordered(applications: Iterable[ApplicationStatus], order: Order) -> list[ApplicationStatus]:
    """The applications in that order."""
    key = _KEY[order]
    return sorted(applications, key=lambda one: (key(one), one.name))
