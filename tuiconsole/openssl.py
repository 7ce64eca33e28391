"""Keeps OpenSSL out of agent and supervisord: 4 to 5 MB in each of them, for nothing that they do.

The mesh is encrypted by CURVE, inside libzmq. asyncio, http.client and hashlib load OpenSSL if it is there;
all of them can do without it, hashlib with Python's own functions.
"""

from __future__ import annotations

import importlib
import sys
from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_OPENSSL = ("_hashlib", "_ssl", "ssl")
_LACKING = {"hashlib": ("new", "algorithms_available"), "http.client": ()}
"""The modules that are less without OpenSSL, and what of them is there, but less."""


def leave_out() -> None:
    """Make imports of OpenSSL's modules fail. Call it before asyncio and hashlib are imported."""
    for name in _OPENSSL:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


def let_in_when_asked() -> None:
    """End that, once this program's own imports are done: what a plugin of others asks for is there.

    Who imports `ssl` gets it; who asks http.client for HTTPSConnection, or hashlib for what only OpenSSL can,
    gets the whole module.
    """
    for name in _OPENSSL:
        if name in sys.modules and sys.modules[name] is None:
            del sys.modules[name]
    for name, halves in _LACKING.items():
        module = sys.modules.get(name)
        if module is not None:
            for half in halves:
                delattr(module, half)
            module.__getattr__ = partial(_from_the_whole, module)  # type: ignore[method-assign]


def _from_the_whole(module: ModuleType, name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
    if "__getattr__" in vars(module):
        del vars(module)["__getattr__"]
        importlib.reload(module)
    return getattr(module, name)
