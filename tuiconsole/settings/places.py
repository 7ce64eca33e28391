"""Where files of settings are looked for, and which addresses are this machine's."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

from tuiconsole.source.errors import SourceError

CONFIG_NAME = "tuiconsole.toml"


def find_config(option: str | Path | None, env: Mapping[str, str]) -> Path:
    """The cluster file: `-c`, TUICONSOLE_CONFIG, ./tuiconsole.toml, the user's folder, /etc's.

    Raises:
        SourceError: the file that was asked for does not exist, or none of the places has one.
    """
    for given, by in ((option, "-c"), (env.get("TUICONSOLE_CONFIG"), "TUICONSOLE_CONFIG")):
        if given:
            path = Path(given)
            if not path.is_file():
                what = "is a folder" if path.is_dir() else "no such file"
                raise SourceError.at(path, 0, f"{what} (from {by})", "name the cluster file")
            return path.resolve()
    here = Path(CONFIG_NAME)
    if here.is_file():
        return here.resolve()
    import platformdirs

    places = [
        Path(platformdirs.user_config_dir("tuiconsole")),
        Path("/etc/xdg/tuiconsole"),
        Path("/etc/tuiconsole"),
    ]
    for folder in places:
        if (folder / CONFIG_NAME).is_file():
            return folder / CONFIG_NAME
    raise SourceError.at(
        CONFIG_NAME,
        0,
        f"no cluster file here, in {', '.join(str(folder) for folder in places)}",
        "name one with -c FILE or TUICONSOLE_CONFIG",
    )


def local_addresses(hosts: Iterable[str]) -> frozenset[str]:
    """Those of `hosts` that are addresses of this machine: the ones a socket can be bound to.

    Exact where a list of interfaces is not: all of 127.0.0.0/8 is local, though no interface names it.
    A name that does not resolve is not local.
    """
    return frozenset(host for host in hosts if _can_bind(host))


def _can_bind(host: str) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, 0))
        except (OSError, UnicodeError):
            return False
    return True
