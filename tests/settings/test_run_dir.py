"""The run directory of a node: private, in memory, the same each time, and nobody else's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tuiconsole.settings import run_dir
from tuiconsole.settings.cluster import Cluster
from tuiconsole.settings.cluster_file import load_cluster
from tuiconsole.settings.run_dir import in_memory, run_dir_of
from tuiconsole.source.errors import SourceError


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return write(tmp_path / "tuiconsole.toml")


def write(file: Path, extra: str = "") -> Cluster:
    file.write_text(
        f'format = 1\n[cluster]\nname = "c"\nrules = ["r.toml"]\n{extra}\n[kinds.k]\nsupervisord = "s.conf"\n'
        '[nodes.n]\nkind = "k"\nhost = "127.0.0.1"\nport = 61000\ncore = true\n'
    )
    return load_cluster(file)


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that counts as one in memory."""
    folder = tmp_path / "runtime"
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(run_dir, "in_memory", lambda path: path == folder)
    return folder


def test_the_users_runtime_folder_is_taken_and_the_name_stays(cluster: Cluster, runtime: Path) -> None:
    found = run_dir_of(cluster, "n", {"XDG_RUNTIME_DIR": str(runtime)})
    assert found.parent.parent == runtime / "tuiconsole"
    assert found.stat().st_mode & 0o777 == 0o700
    assert found == run_dir_of(cluster, "n", {"XDG_RUNTIME_DIR": str(runtime)})


def test_two_cluster_files_never_share_one(cluster: Cluster, runtime: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other.toml")
    environment = {"XDG_RUNTIME_DIR": str(runtime)}
    assert run_dir_of(cluster, "n", environment) != run_dir_of(other, "n", environment)


def test_a_runtime_folder_open_to_others_is_not_taken(cluster: Cluster, runtime: Path) -> None:
    runtime.chmod(0o755)
    with pytest.raises(SourceError, match="no folder in memory"):
        run_dir_of(cluster, "n", {"XDG_RUNTIME_DIR": str(runtime)})


def test_the_cluster_files_word_wins(tmp_path: Path, runtime: Path) -> None:
    cluster = write(tmp_path / "tuiconsole.toml", 'run_dir = "run/{node}"')
    assert run_dir_of(cluster, "n", {"XDG_RUNTIME_DIR": str(runtime)}) == tmp_path / "run" / "n"


def test_a_folder_that_someone_prepared_for_others_is_refused(cluster: Cluster, runtime: Path) -> None:
    (runtime / "tuiconsole").mkdir(mode=0o700)
    (runtime / "tuiconsole").chmod(0o777)
    with pytest.raises(SourceError, match="open to others"):
        run_dir_of(cluster, "n", {"XDG_RUNTIME_DIR": str(runtime)})


def test_a_link_in_its_place_is_refused(cluster: Cluster, runtime: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (runtime / "tuiconsole").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SourceError, match="another user's"):
        run_dir_of(cluster, "n", {"XDG_RUNTIME_DIR": str(runtime)})


def test_memory_is_told_from_disk() -> None:
    assert in_memory(Path("/dev/shm")) == os.path.ismount("/dev/shm")
    assert not in_memory(Path("/proc"))
    assert not in_memory(Path("/nowhere"))
