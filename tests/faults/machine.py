"""What a host's systemd does: keeps its agents alive. `python -m tests.faults.machine CLUSTER_FILE NODE…`

SIGTERM is an orderly shutdown. SIGKILL leaves the agents alive: with all else of the host it is a power cut.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

import msgspec

from tuiconsole.demo.ending import Ending
from tuiconsole.demo.keeper import Keeper
from tuiconsole.settings.cluster_file import load_cluster


def main(file: str, *nodes: str) -> int:
    """Until SIGTERM."""
    cluster = load_cluster(Path(file))
    own = {name: node for name, node in cluster.nodes.items() if name in nodes}
    with contextlib.closing(Ending()) as ending:
        signal.signal(signal.SIGTERM, lambda *_: ending.ask())
        logs = cluster.file.parent / "log"
        keeper = Keeper(msgspec.structs.replace(cluster, nodes=own), os.environ, logs, print)
        keeper.start()
        ending.wait()
        keeper.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
