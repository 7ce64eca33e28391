"""Where a node's sockets, locks and deadline record go: memory that ends with the boot, and nobody else's.

Never /tmp: whoever cleans it up would take the lock of a living shim away, and a second one could start.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from tuiconsole.settings.cluster import Cluster
from tuiconsole.source.errors import SourceError

_IN_MEMORY = frozenset({"tmpfs", "ramfs"})
_REMEDY = 'name a private folder of a tmpfs: run_dir = "…/{node}" under [cluster]'


def run_dir_of(cluster: Cluster, name: str, env: Mapping[str, str] | None = None) -> Path:
    """The run directory of the node `name` on this machine, made if it is missing.

    In this order: the cluster file's `run_dir`; `$XDG_RUNTIME_DIR/tuiconsole` if that is a private folder in
    memory; for root /run/tuiconsole; /dev/shm/tuiconsole-UID. Below the latter three, a folder for the
    cluster and one for the node. The same user gets the same one, as long as XDG_RUNTIME_DIR stays the same.

    Raises:
        SourceError: there is no such folder, or another user has put one in its place.
    """
    node = cluster.node(name)
    if node.run_dir is not None:
        return _made(node.run_dir)
    base = _base(os.environ if env is None else env)
    mark = hashlib.sha256(f"{cluster.file}\0{cluster.name}".encode()).hexdigest()[:10]
    return _made(_made(_made(base) / mark) / node.name)


def _base(env: Mapping[str, str]) -> Path:
    runtime = env.get("XDG_RUNTIME_DIR", "")
    if runtime.startswith("/") and _private(Path(runtime)) and in_memory(Path(runtime)):
        return Path(runtime) / "tuiconsole"
    if os.geteuid() == 0 and in_memory(Path("/run")):
        return Path("/run/tuiconsole")
    shared = Path("/dev/shm")  # noqa: S108 (its owner and mode are checked)
    if in_memory(shared):
        return shared / f"tuiconsole-{os.geteuid()}"
    raise SourceError.at(shared, 0, "this machine has no folder in memory for a node", _REMEDY)


def in_memory(path: Path) -> bool:
    """True if an existing path lies on a tmpfs."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
        real = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return False
    best, kind = -1, ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        point = fields[4].encode("latin-1", "replace").decode("unicode_escape")
        # Of several mounts at one point the last one is seen.
        if real.is_relative_to(point) and len(point) >= best:
            best, kind = len(point), after.split(" ", 1)[0]
    return kind in _IN_MEMORY


def _private(path: Path) -> bool:
    """True if it is this user's folder, and no other's to read or write."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077


def _made(path: Path) -> Path:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror or str(error)
        raise SourceError.at(path, 0, f"the run directory cannot be made: {why}", _REMEDY) from None
    if not _private(path):
        raise SourceError.at(
            path, 0, "the run directory is another user's, or open to others", f"remove it, or {_REMEDY}"
        )
    return path
