"""The console for a browser on this machine, and who may open it.

textual-serve asks nobody who he is, and any page in a browser may talk to loopback. So whoever comes must
show the key that only the printed address has, must come from this very page, and must have asked for this
very host.
"""

from __future__ import annotations

import errno
import hmac
import secrets
from collections.abc import Callable
from typing import Any

from tuiconsole.cli.endings import FailureError

HOST = "127.0.0.1"
_COOKIE = "tuiconsole"
_REMEDY = "pip install 'tuiconsole[serve]'"


def serve(command: str, port: int, title: str, told: Callable[[str], None]) -> None:
    """Serve what the command draws, until SIGINT or SIGTERM.

    Args:
        command: of a shell; started once for each page that is open.
        port: on loopback.
        title: of the page.
        told: is given the address, with its key, before the first request.

    Raises:
        FailureError: textual-serve is not installed, or the port is in use.
    """
    try:
        from aiohttp import web
        from textual_serve.server import Server
    except ImportError as error:
        raise FailureError(
            f"serving a browser needs a package that is missing ({error.name}): {_REMEDY}"
        ) from None
    address = f"http://{HOST}:{port}"
    key = secrets.token_urlsafe(16)
    server = Server(command, host=HOST, port=port, title=title, public_url=address)

    async def application() -> Any:
        made = await server._make_app()  # noqa: SLF001 - it has no other place for a gate
        made.on_startup.clear()
        made.middlewares.append(gate(address, key))
        return made

    told(f"{address}/?key={key}")
    try:
        web.run_app(application(), host=HOST, port=port, print=None)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise FailureError(f"port {port} of {HOST} is in use: choose another with --port") from None


def gate(address: str, key: str) -> Any:
    """Middleware that lets nobody in but who has the key and comes from `address`."""
    from aiohttp import web

    async def admit(request: Any, handler: Any) -> Any:
        if f"http://{request.host}" != address:
            raise web.HTTPForbidden(text=f"this console is at {address} and nowhere else\n")
        if request.headers.get("Origin", address) != address:
            raise web.HTTPForbidden(text="another page may not use this console\n")
        if hmac.compare_digest(request.query.get("key", "").encode(), key.encode()):
            answer = web.HTTPFound("/")
            answer.set_cookie(_COOKIE, key, httponly=True, samesite="Strict")
            raise answer
        if hmac.compare_digest(request.cookies.get(_COOKIE, "").encode(), key.encode()):
            return await handler(request)
        raise web.HTTPForbidden(text="open the address that `tuiconsole serve` has printed, with its key\n")

    return web.middleware(admit)
