"""What some tests need that not everybody has: without it they are left out, but in CI they fail."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tests.coordination.etcd_server import missing as missing_for_etcd


class Need(NamedTuple):
    """Of the tests with one mark."""

    of: str
    """What they test, in words."""
    missing: Callable[[], list[str]]
    """What is not here, as commands that install it."""


def _groff() -> list[str]:
    return [] if shutil.which("groff") else ["apt-get install groff-base"]


def _serve() -> list[str]:
    return [] if importlib.util.find_spec("textual_serve") else ["pip install 'tuiconsole[serve]'"]


NEEDS: Mapping[str, Need] = {
    "etcd": Need("the etcd engine", missing_for_etcd),
    "groff": Need("the manual page", _groff),
    "serve": Need("the console in a browser", _serve),
}
"""By mark."""


def all_wanted() -> bool:
    """In CI what is missing is a failure, not a reason to leave tests out."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")
