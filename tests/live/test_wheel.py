"""The wheel alone runs the demo, from any folder."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.waiting import none_left

from .addresses import addresses
from .cluster import READY_WITHIN, Cluster, folder_of_a_demo

pytestmark = pytest.mark.live

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `tuiconsole` of a fresh virtual environment: from the wheel, with this one's dependencies."""
    house = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", house, ROOT], check=True, timeout=180)
    (wheel,) = house.glob("tuiconsole-*.whl")
    place = house / "venv"
    venv.create(place, with_pip=False, symlinks=True)
    python = place / "bin" / "python"
    subprocess.run(
        [*pip, "--python", python, "install", "--no-deps", "--no-index", wheel], check=True, timeout=60
    )
    answer = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    )
    # A link for each package, not a .pth: the checkout's own .pth must not be followed.
    purelib = Path(answer.stdout.strip())
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "tuiconsole" not in entry.name and not (purelib / entry.name).exists():
            (purelib / entry.name).symlink_to(entry)
    for pth in purelib.glob("*editable*"):
        pth.unlink()
    return place / "bin" / "tuiconsole"


def test_the_wheel_carries_scenario_2_and_runs_the_demo(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    parent = folder_of_a_demo()
    cluster = Cluster(parent / "d", "0.1", (str(installed),))
    cluster.folder.mkdir()
    with addresses(whose=""):  # it is the wheel's own scenario that runs
        try:
            cluster.begin(cwd=tmp_path / "elsewhere")
            cluster.await_ready()
            # Everything that runs comes from the wheel, nothing from the checkout.
            assert not [line for line in cluster.left().values() if str(ROOT) + "/rules" in line]
            assert any(str(installed.parents[1]) in line for line in cluster.left().values())
            status = cluster.cli("status")
            assert (status.returncode, "scen2_srv_03" in status.stdout) == (0, True), status
            assert cluster.end() == 0
            none_left(cluster.left, patience=READY_WITHIN / 6)
        finally:
            cluster.sweep()
