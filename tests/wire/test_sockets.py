"""Sockets: only known keys get in, servers prove who they are, and senders are known by their keys."""

from __future__ import annotations

import socket as plain
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from tuiconsole.wire.keys import KeyPair, Keyring, load_keyring, load_pair, make_keys
from tuiconsole.wire.sockets import MAX_MESSAGE, Sockets

REFUSED_WITHIN = 700
"""Milliseconds in which nothing must arrive: a handshake on loopback takes some 5."""
ARRIVES_WITHIN = 5000


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    make_keys(tmp_path, ["server_1", "server_2"], ["operator"])
    return tmp_path


def sockets(keys: Path, name: str, *, serves: bool = False) -> Sockets:
    return Sockets(load_pair(keys / "private" / f"{name}.key_secret"), load_keyring(keys), serves=serves)


@pytest.fixture
def server(keys: Path) -> Iterator[Sockets]:
    made = sockets(keys, "server_1", serves=True)
    yield made
    made.close()


def free_address() -> str:
    with plain.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"


def sent(dealer: zmq.Socket[bytes], data: bytes) -> None:
    """Send as soon as a connection stands; where none may ever stand, try long enough."""
    if dealer.poll(REFUSED_WITHIN, zmq.POLLOUT):
        dealer.send(data)


def test_the_sender_is_known_by_the_key_that_it_proved(keys: Path, server: Sockets) -> None:
    address = free_address()
    router = server.router(address)
    client = sockets(keys, "operator")
    dealer = client.dealer(address, "server_1")
    dealer.poll(ARRIVES_WITHIN, zmq.POLLOUT)
    dealer.send(b"I am server_2, believe me")
    assert router.poll(ARRIVES_WITHIN)
    _, frame = router.recv_multipart(copy=False)
    sender = server.sender(frame)
    assert sender is not None
    assert sender.name == "operator"
    assert server.sender_of(frame) is None
    router.close()
    client.close()


def test_an_unknown_key_is_turned_away_and_counted(keys: Path, server: Sockets) -> None:
    address = free_address()
    router = server.router(address)
    public, secret = zmq.curve_keypair()
    stranger = Sockets(KeyPair("stranger", public, secret), load_keyring(keys))
    sent(stranger.dealer(address, "server_1"), b"let me in")
    assert not router.poll(REFUSED_WITHIN)
    assert server.refused_handshakes >= 1
    router.close()
    stranger.close()


def test_an_unencrypted_client_is_not_heard(server: Sockets) -> None:
    address = free_address()
    router = server.router(address)
    context = zmq.Context()
    dealer = context.socket(zmq.DEALER)
    dealer.set(zmq.LINGER, 0)
    dealer.connect(address)
    dealer.send(b"plain text")
    assert not router.poll(REFUSED_WITHIN)
    dealer.close()
    context.term()
    router.close()


def test_a_server_with_another_nodes_key_gets_nothing(keys: Path, server: Sockets) -> None:
    address = free_address()
    router = server.router(address)
    client = sockets(keys, "operator")
    sent(client.dealer(address, "server_2"), b"for server_2 only")
    assert not router.poll(REFUSED_WITHIN)
    router.close()
    client.close()


def test_an_oversized_message_ends_the_connection_and_the_next_one_works(keys: Path, server: Sockets) -> None:
    address = free_address()
    router = server.router(address)
    client = sockets(keys, "operator")
    dealer = client.dealer(address, "server_1")
    sent(dealer, b"x" * (MAX_MESSAGE + 1))
    assert not router.poll(REFUSED_WITHIN)
    other = client.dealer(address, "server_1")
    sent(other, b"small")
    assert router.poll(ARRIVES_WITHIN)
    router.close()
    client.close()


def test_a_node_without_a_key_here_is_named_with_the_remedy(keys: Path) -> None:
    client = sockets(keys, "operator")
    with pytest.raises(LookupError, match="no key of node server_9"):
        client.dealer("tcp://127.0.0.1:1", "server_9")
    client.close()


def test_nothing_is_bound_before_the_handler_that_checks_keys(keys: Path) -> None:
    client = sockets(keys, "operator")
    with pytest.raises(RuntimeError, match="ZAP"):
        client.router(free_address())
    client.close()


def test_a_ring_gives_each_bearer_by_key(keys: Path) -> None:
    ring: Keyring = load_keyring(keys)
    assert {peer.name for peer in ring.by_public_key().values()} == {"server_1", "server_2", "operator"}
