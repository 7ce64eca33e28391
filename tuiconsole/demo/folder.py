"""The demo's own folder: a copy of Scenario 2 with keys, state and logs, in which one cluster runs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tuiconsole.settings.cluster import Cluster
from tuiconsole.settings.cluster_file import load_cluster
from tuiconsole.settings.places import CONFIG_NAME
from tuiconsole.source.errors import SourceError
from tuiconsole.wire.keys import make_keys

PERSON = "operator"
_PACKAGE = Path(__file__).resolve().parent.parent
_LEFT_OUT = shutil.ignore_patterns("keys", "state", "log", "witness", "__pycache__", ".gitignore")
_LONGEST = 66
"""Bytes of the folder's path: supervisorctl's socket in its state folder must fit into a unix address."""


def scenario_folder() -> Path:
    """Where Scenario 2 lies: beside the package in a checkout, within it when installed.

    Raises:
        SourceError: in neither place.
    """
    places = (_PACKAGE / "rules" / "scenario_2", _PACKAGE.parent / "rules" / "scenario_2")
    for place in places:
        if (place / CONFIG_NAME).is_file():
            return place
    raise SourceError.at(places[0], 0, "Scenario 2 is not there", "install tuiconsole again")


def fresh_folder() -> Path:
    """A new private folder with a short path."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    for base in (runtime, "/tmp"):  # noqa: S108 (mkdtemp makes a private folder there)
        if base and os.access(base, os.W_OK | os.X_OK) and len(os.fsencode(base)) <= _LONGEST - 32:
            return Path(tempfile.mkdtemp(prefix="tuiconsole-demo-", dir=base))
    return Path(tempfile.mkdtemp(prefix="tuiconsole-demo-"))


def prepare(folder: Path) -> Cluster:
    """Put Scenario 2 into `folder`, which may be an earlier demo's: then what it holds is kept.

    Raises:
        SourceError: the folder holds something else, has too long a path, or cannot be written.
    """
    folder = folder.resolve()
    length = len(os.fsencode(folder))
    if length > _LONGEST:
        what = f"the path has {length} bytes, {_LONGEST} are allowed for the sockets within"
        raise SourceError.at(folder, 0, what, "name a folder with a shorter path")
    try:
        if folder.is_dir() and any(folder.iterdir()) and not (folder / CONFIG_NAME).is_file():
            raise SourceError.at(folder, 0, "holds something else than a demo", "name an empty or new folder")
        if not (folder / CONFIG_NAME).is_file():
            shutil.copytree(scenario_folder(), folder, ignore=_LEFT_OUT, dirs_exist_ok=True)
        for name in ("log", "witness"):
            (folder / name).mkdir(mode=0o700, exist_ok=True)
        cluster = load_cluster(folder / CONFIG_NAME)
        make_keys(cluster.keys, list(cluster.nodes), [PERSON])
    except OSError as error:
        why = error.strerror or str(error)
        raise SourceError.at(
            error.filename or folder, 0, f"cannot be written: {why}", "name another folder"
        ) from None
    return cluster


def remove(folders: Iterable[Path]) -> None:
    """Remove folders with all they hold; what cannot be removed stays."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
