"""Keeps OpenSSL out of the agent: 4 MB in each agent's memory, for nothing that it does.

The mesh is encrypted by CURVE, inside libzmq. asyncio and hashlib load OpenSSL if it is there; both can do
without it: asyncio without TLS, hashlib with Python's own SHA-2.
"""

from __future__ import annotations

import sys

_OPENSSL = ("_hashlib", "_ssl", "ssl")


def leave_out_openssl() -> None:
    """Make later imports of OpenSSL's modules fail. To be called before asyncio and hashlib are imported."""
    for name in _OPENSSL:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
