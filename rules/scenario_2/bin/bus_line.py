"""A client's line to a bus: text lines over TCP, opened by a handshake that names both ends.

client: HELLO scen2_sensor_view      bus: WELCOME scen2_hci_02
client: SUB readings                 bus: MSG readings 17.2     (for every PUB of that topic)
client: PUB commands tilt 3
client: PING                         bus: PONG
"""

from __future__ import annotations

import socket

LONGEST_LINE = 4096
"""Bytes. A peer that sends a longer line is cut."""


class BusLostError(Exception):
    """The bus does not answer, is another bus than expected, or closed the line."""


class BusLine:
    """One open line to a bus. All methods raise BusLostError."""

    def __init__(self, name: str, host: str, port: int, who: str, patience: float = 1.0) -> None:
        """Connect and greet, each within `patience` seconds; `name` is what the bus must call itself."""
        self.name = name
        self._rest = b""
        try:
            self._socket = socket.create_connection((host, port), patience)
        except OSError as error:
            raise BusLostError(
                f"bus {name} at {host}:{port} does not answer: {error.strerror or error}"
            ) from error
        self.send(f"HELLO {who}")
        answer = self.lines(patience)
        if answer[:1] != [f"WELCOME {name}"]:
            self.close()
            raise BusLostError(f"what listens at {host}:{port} is not bus {name}: {answer[:1]}")

    def fileno(self) -> int:
        """For select()."""
        return self._socket.fileno()

    def send(self, line: str) -> None:
        """Send one line."""
        try:
            self._socket.sendall(line.encode() + b"\n")
        except OSError as error:
            self.close()
            raise BusLostError(f"bus {self.name} is lost: {error.strerror or error}") from error

    def lines(self, patience: float) -> list[str]:
        """The lines that arrive next, within `patience` seconds; none if there are none."""
        self._socket.settimeout(max(patience, 0.001))
        try:
            data = self._socket.recv(65536)
        except TimeoutError:
            return []
        except OSError as error:
            self.close()
            raise BusLostError(f"bus {self.name} is lost: {error.strerror or error}") from error
        if not data:
            self.close()
            raise BusLostError(f"bus {self.name} closed the line")
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            self.close()
            raise BusLostError(f"bus {self.name} sends a line of more than {LONGEST_LINE} bytes")
        return [line.decode("utf-8", "replace") for line in whole]

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
