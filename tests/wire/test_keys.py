"""Keys: who may speak at all, and who is who."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tuiconsole.source.errors import SourceError
from tuiconsole.wire.keys import Role, load_keyring, load_pair, make_keys, only_person


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_keys(tmp_path / "keys", ["server_1", "console_1"], ["operator"])
    return tmp_path / "keys"


def test_secrets_are_for_their_owner_alone(folder: Path) -> None:
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder / "private").iterdir()}
    assert modes == {0o600}


def test_making_keys_again_keeps_those_there_are(folder: Path) -> None:
    before = (folder / "server_1.key").read_text()
    assert make_keys(folder, ["server_1", "server_2"], ["operator"]) == ["server_2"]
    assert (folder / "server_1.key").read_text() == before


def test_public_and_secret_halves_belong_together(folder: Path) -> None:
    ring = load_keyring(folder)
    pair = load_pair(folder / "private" / "console_1.key_secret")
    assert ring.by_public_key()[pair.public].name == "console_1"
    assert ring.peers["operator"].role is Role.PERSON


def test_a_secret_that_others_may_read_is_refused_with_the_remedy(folder: Path) -> None:
    path = folder / "private" / "server_1.key_secret"
    path.chmod(0o644)
    with pytest.raises(SourceError, match="chmod 600"):
        load_pair(path)


def test_a_malformed_key_is_named_with_its_line_and_never_skipped(folder: Path) -> None:
    path = folder / "server_1.key"
    path.write_text(path.read_text().replace('public-key = "', 'public-key = "x'))
    with pytest.raises(SourceError, match=r"server_1\.key:4: public-key must have 40 characters, not 41"):
        load_keyring(folder)


def test_a_node_is_no_person_and_has_no_server_key_by_another_name(folder: Path) -> None:
    ring = load_keyring(folder)
    with pytest.raises(LookupError, match="keys init"):
        ring.server_key("operator")


def test_the_only_person_is_found_and_two_must_be_told_apart(folder: Path) -> None:
    assert only_person(folder, load_keyring(folder)).stem == "operator"
    make_keys(folder, [], ["administrator"])
    with pytest.raises(SourceError, match="--key"):
        only_person(folder, load_keyring(folder))


def test_an_empty_folder_names_the_command_that_fills_it(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="tuiconsole keys init"):
        load_keyring(tmp_path)
