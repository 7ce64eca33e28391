"""A data bus: `bus.py internal` for one item, `bus.py common` for one node.

It binds its port at once, so that a taken port is an error at once, and listens one SCEN2_WAIT later (the
internal bus; the common bus does not wait): until then clients are refused, as by a bus that is still
loading.
"""

from __future__ import annotations

import select
import socket
import sys
import time

import place
import witness
from bus_line import LONGEST_LINE

BACKLOG = 256 * 1024
"""Bytes a client may leave unread before it is cut: one that hangs must not make the bus grow."""


class Client:
    """One connected client."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.who = ""
        self.topics: set[str] = set()
        self.incoming = b""
        self.outgoing = bytearray()


class Bus:
    """The broker: one thread, one select loop."""

    def __init__(self, name: str, listener: socket.socket) -> None:
        self.name = name
        self._listener = listener
        self._clients: dict[int, Client] = {}

    def serve(self) -> None:
        """Serve until the process ends."""
        while True:
            lines = [client.line for client in self._clients.values()]
            full = [client.line for client in self._clients.values() if client.outgoing]
            readable, writable, _ = select.select([self._listener, *lines], full, [])
            for sock in writable:
                self._write(sock)
            for sock in readable:
                if sock is self._listener:
                    self._accept()
                else:
                    self._read(sock)

    def _accept(self) -> None:
        try:
            line, _ = self._listener.accept()
        except OSError:
            return
        line.setblocking(False)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._clients[line.fileno()] = Client(line)

    def _cut(self, client: Client, why: str) -> None:
        if self._clients.pop(client.line.fileno(), None) is not None:
            client.line.close()
            if client.who:
                place.say(f"{client.who} left: {why}")

    def _write(self, sock: socket.socket) -> None:
        client = self._clients.get(sock.fileno())
        if client is None:
            return
        try:
            sent = sock.send(client.outgoing)
        except BlockingIOError:
            return
        except OSError as error:
            self._cut(client, str(error))
            return
        del client.outgoing[:sent]

    def _send(self, client: Client, line: str) -> None:
        client.outgoing += line.encode() + b"\n"
        if len(client.outgoing) > BACKLOG:
            self._cut(client, "it does not read")
        else:
            self._write(client.line)

    def _read(self, sock: socket.socket) -> None:
        client = self._clients.get(sock.fileno())
        if client is None:
            return
        try:
            data = sock.recv(65536)
        except BlockingIOError:
            return
        except OSError as error:
            self._cut(client, str(error))
            return
        if not data:
            self._cut(client, "closed")
            return
        *whole, client.incoming = (client.incoming + data).split(b"\n")
        for line in whole:
            self._obey(client, line.decode("utf-8", "replace"))
        if len(client.incoming) > LONGEST_LINE:
            self._cut(client, "line too long")

    def _obey(self, client: Client, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word == "HELLO":
            client.who = rest[:80]
            self._send(client, f"WELCOME {self.name}")
        elif word == "PING":
            self._send(client, "PONG")
        elif word == "SUB" and len(client.topics) < 100:
            client.topics.add(rest)
            place.say(f"{client.who} subscribes to {rest}")
        elif word == "PUB":
            topic = rest.partition(" ")[0]
            for other in list(self._clients.values()):
                if topic in other.topics:
                    self._send(other, f"MSG {rest}")
        else:
            self._cut(client, f"word not understood: {word[:20]!r}")


def main() -> int:
    which = sys.argv[1] if len(sys.argv) > 1 else ""
    name, host, port = place.bus(which)
    listener = socket.socket()
    # The port of a bus that just ended must be free for its successor.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        if which == "internal":
            time.sleep(place.wait_unit())
        listener.listen(64)
    except OSError as error:
        place.say(f"bus {name} cannot listen at {host}:{port}: {error.strerror}")
        return 1
    place.say(f"bus {name} listens at {host}:{port}")
    Bus(name, listener).serve()
    return 0


if __name__ == "__main__":
    witness.run(main)
