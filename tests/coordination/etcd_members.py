"""Clusters of etcd engines, each under a name of its own in one real etcd."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from tests.coordination.etcd_server import EtcdServer
from tests.coordination.loopback import Members
from tuiconsole.clock import BootTime
from tuiconsole.model.agreement import Agreement

AGREED = Agreement({"node_lease": "2"}, {})
TTL = 2.0
"""Seconds, the longest that this etcd grants to who asks for one."""
_numbers = itertools.count(1)


class EtcdMembers(Members):
    elects_within = 1.0

    def __init__(self, server: EtcdServer) -> None:
        super().__init__()
        self.server = server
        self.cluster = f"c{next(_numbers)}"

    def _made(
        self,
        node: str,
        incarnation: str,
        write: Callable[..., None],
        resume: tuple[int, BootTime] | None,
        settings: Mapping[str, Any],
    ) -> object:
        from tuiconsole.coordination.etcd.coordinator import EtcdCoordinator

        return EtcdCoordinator(
            node,
            incarnation,
            self.cluster,
            "abc",
            self.timing,
            self.server.endpoints,
            write,
            resume,
            **{"agreement": AGREED, **settings},
        )

    async def take_majority_away(self) -> None:
        self.server.kill()

    async def bring_majority_back(self) -> None:
        self.server.start()
