"""The cluster's keys: one CURVE pair for each node and each person.

Layout of a key folder: `NAME.key` (public, with its role) for everyone, `private/NAME.key_secret` (mode 0600)
only where it is used. The files are ZPL certificates as libzmq's tools write them (https://rfc.zeromq.org/spec/4).
A key says who sent a message; a name written inside a message never does.
"""

from __future__ import annotations

import os
import re
import stat
from enum import Enum
from pathlib import Path

import msgspec

from tuiconsole.source.errors import SourceError

_FIELD = re.compile(r"""^\s*([A-Za-z][A-Za-z0-9-]*)\s*=\s*"?([^"\n]*?)"?\s*$""")
_Z85_LENGTH = 40


class Role(str, Enum):
    """What a key stands for."""

    NODE = "node"
    PERSON = "person"


class Peer(msgspec.Struct, frozen=True):
    """The public half: who bears it, and as what."""

    name: str
    role: Role
    public: bytes
    """Z85, 40 bytes; also the User-Id of the frames it sends."""


class KeyPair(msgspec.Struct, frozen=True):
    """One's own key."""

    name: str
    public: bytes
    secret: bytes


class Keyring(msgspec.Struct, frozen=True):
    """Whom this part of the cluster knows."""

    peers: dict[str, Peer]

    def by_public_key(self) -> dict[bytes, Peer]:
        """The bearer of each key."""
        return {peer.public: peer for peer in self.peers.values()}

    def server_key(self, node: str) -> bytes:
        """The key that the sockets of `node` must prove to hold.

        Raises:
            LookupError: no such node has a key; the text names the remedy.
        """
        peer = self.peers.get(node)
        if peer is None or peer.role is not Role.NODE:
            raise LookupError(
                f"no key of node {node}: run `tuiconsole keys init` and copy the key folder here"
            )
        return peer.public


def _write_new(path: Path, text: str, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)


def _certificate(role: Role, public: bytes, secret: bytes | None) -> str:
    lines = [
        "metadata",
        f'    role = "{role.value}"',
        "curve",
        f'    public-key = "{public.decode("ascii")}"',
    ]
    if secret is not None:
        lines.append(f'    secret-key = "{secret.decode("ascii")}"')
    return "\n".join(lines) + "\n"


def make_keys(folder: Path, nodes: list[str], persons: list[str]) -> list[str]:
    """Write the pairs that are missing in `folder`; existing ones are kept.

    Returns:
        The names of those that were made.

    Raises:
        OSError: the folder cannot be written.
        ValueError: a node and a person bear one name.
    """
    import zmq  # a console reads keys before its first picture, and makes none

    clash = sorted(set(nodes) & set(persons))
    if clash:
        raise ValueError(f"{', '.join(clash)}: a node and a person must not bear one name")
    private = folder / "private"
    folder.mkdir(parents=True, exist_ok=True)
    private.mkdir(mode=0o700, exist_ok=True)
    made = []
    for role, names in ((Role.NODE, nodes), (Role.PERSON, persons)):
        for name in names:
            if (folder / f"{name}.key").exists():
                continue
            public, secret = zmq.curve_keypair()
            _write_new(private / f"{name}.key_secret", _certificate(role, public, secret), 0o600)
            _write_new(folder / f"{name}.key", _certificate(role, public, None), 0o644)
            made.append(name)
    return made


def _fields(path: Path) -> dict[str, tuple[str, int]]:
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not plain text"
        raise SourceError.at(path, 0, f"this key cannot be read: {why}") from None
    fields = {}
    for number, line in enumerate(text.splitlines(), 1):
        matched = _FIELD.match(line)
        if matched:
            fields[matched[1]] = (matched[2], number)
    return fields


def _key(path: Path, fields: dict[str, tuple[str, int]], name: str) -> bytes:
    value, line = fields.get(name, ("", 0))
    remedy = "copy the file again from where `tuiconsole keys init` made it"
    if not value:
        raise SourceError.at(path, 0, f"{name} is missing", remedy)
    if len(value) != _Z85_LENGTH:
        raise SourceError.at(
            path, line, f"{name} must have {_Z85_LENGTH} characters, not {len(value)}", remedy
        )
    return value.encode("ascii")


def load_keyring(folder: Path) -> Keyring:
    """Read all public keys; one that is malformed spoils nothing silently: it raises.

    Raises:
        SourceError: a file is malformed, or the folder holds no key.
    """
    peers = {}
    for path in sorted(folder.glob("*.key")):
        fields = _fields(path)
        role, line = fields.get("role", ("", 0))
        if role not in {member.value for member in Role}:
            raise SourceError.at(path, line, "role must be «node» or «person»")
        peers[path.stem] = Peer(path.stem, Role(role), _key(path, fields, "public-key"))
    if not peers:
        raise SourceError.at(folder, 0, "no keys here", f"run `tuiconsole keys init {folder}`")
    return Keyring(peers)


def load_pair(path: Path) -> KeyPair:
    """Read one's own secret.

    Raises:
        SourceError: it is missing, malformed, or others than its owner may read it.
    """
    if not path.exists():
        raise SourceError.at(path, 0, "this secret key is missing", "copy it from the key folder, mode 0600")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise SourceError.at(path, 0, f"others may read this secret (mode {mode:04o})", f"chmod 600 {path}")
    fields = _fields(path)
    return KeyPair(path.stem, _key(path, fields, "public-key"), _key(path, fields, "secret-key"))


def only_person(folder: Path, keyring: Keyring) -> Path:
    """The secret of the only person whose secret lies in the key folder.

    Raises:
        SourceError: there is none, or more than one.
    """
    private = folder / "private"
    found = [
        private / f"{peer.name}.key_secret"
        for peer in keyring.peers.values()
        if peer.role is Role.PERSON and (private / f"{peer.name}.key_secret").exists()
    ]
    if len(found) != 1:
        what = "no person's secret key" if not found else f"the secret keys of {len(found)} persons"
        raise SourceError.at(private, 0, f"{what} here", "name yours with --key FILE or TUICONSOLE_KEY")
    return found[0]
