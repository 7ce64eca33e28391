"""The way to etcd, against real members: whom it asks next when one cannot serve."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Iterator

import pytest

from tests.waiting import PATIENCE, until

from .etcd_server import EtcdServer

pytestmark = pytest.mark.etcd

KEY = b"/store/key"


@pytest.fixture
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The one member of three that is left, as on a host that is cut off: it answers, and knows no leader."""
    made = EtcdServer(tmp_path_factory.mktemp("lonely"), 3)
    made.start()
    try:
        until(lambda: _has_leader(made.endpoints[0]), "a leader of etcd")
        made.kill(1, 2)
        until(lambda: not _has_leader(made.endpoints[0]), "the loss of etcd's leader")
        yield made.endpoints[0]
    finally:
        made.kill()


@pytest.fixture
def led(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A member that serves."""
    made = EtcdServer(tmp_path_factory.mktemp("led"))
    made.start()
    try:
        until(lambda: _has_leader(made.endpoints[0]), "a leader of etcd")
        yield made.endpoints[0]
    finally:
        made.kill()


def _has_leader(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{endpoint}/metrics", timeout=1.0) as answer:
            return b"\netcd_server_has_leader 1\n" in answer.read()
    except OSError:
        return False


async def test_a_member_that_knows_no_leader_is_passed_over_within_the_same_request(
    lonely: str, led: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tuiconsole.coordination.etcd.store import Store, created, get, put

    monkeypatch.setattr(
        "tuiconsole.coordination.etcd.store.PATIENCE", PATIENCE
    )  # nobody else is asked for being late
    store = Store([lonely, led])
    try:
        held, read = await store.transact([created(KEY, 0)], [put(KEY, b"once"), get(KEY)])
        assert held
        assert [entry.value for entry in read[0]] == [b"once"]
        assert store.trouble is None
        lease, _ = await store.grant(1)
        assert await store.keep(lease)
    finally:
        await store.close()


async def test_who_says_nothing_is_not_waited_for_and_whoever_answered_is_asked_first_from_then_on(
    led: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the member of a host that was just cut off: the kernel takes the connection, and that is all."""
    from tuiconsole.coordination.etcd.store import Store, get

    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = Store([f"127.0.0.1:{silent.getsockname()[1]}", led])
        try:
            await store.transact([], [get(KEY)])
            assert store.repeated
            monkeypatch.setattr("tuiconsole.coordination.etcd.store.PATIENCE", PATIENCE)
            await store.transact([], [get(KEY)])
            assert not store.repeated
        finally:
            await store.close()


async def test_a_member_without_a_leader_that_is_the_only_one_is_named_with_the_trouble(lonely: str) -> None:
    from tuiconsole.coordination.etcd.store import NoAnswer, Store, get

    store = Store([lonely])
    try:
        with pytest.raises(NoAnswer, match=lonely):
            await store.transact([], [get(KEY)])
        assert store.trouble
        assert lonely in store.trouble
    finally:
        await store.close()
