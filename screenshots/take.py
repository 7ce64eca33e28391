"""`python -m screenshots.take`: pictures of the console on the live demo, as SVG, beside this file."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot

from tuiconsole.client.live import connect
from tuiconsole.client.session import Session
from tuiconsole.console.app import ConsoleApp
from tuiconsole.settings.cluster_file import Cluster, load_cluster

HERE = Path(__file__).parent
STARTED_WITHIN = 60.0
"""Seconds for the demo to have its three scen2_srv."""
SEEN_WITHIN = 20.0
"""Seconds for the console to show what a picture is taken for."""

Steps = Callable[[Pilot[int], ConsoleApp], Awaitable[None]]


def run(config: Path, node: str, *words: str) -> None:
    """One command; a refusal is part of the picture."""
    command = [sys.executable, "-m", "tuiconsole", "-c", str(config), "--node", node, *words]
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


async def until(pilot: Pilot[int], seen: Callable[[], bool], what: str) -> None:
    """Until the console shows it."""
    for _ in range(int(SEEN_WITHIN / 0.1)):
        await pilot.pause(0.1)
        if seen():
            await pilot.pause(0.5)
            return
    raise TimeoutError(f"the console did not show {what} within {SEEN_WITHIN:g} s")


def text_of(app: ConsoleApp) -> str:
    """What is on the screen."""
    return "\n".join(
        "".join(segment.text for segment in line)
        for line in app.screen._compositor.render_strips()  # noqa: SLF001
    )


async def picture(cluster: Cluster, name: str, size: tuple[int, int], steps: Steps) -> None:
    """Take one picture."""

    async def session() -> Session:
        return await connect(cluster, "console_1", cluster.keys / "private" / "operator.key_secret")

    app = ConsoleApp(session, cluster=cluster.name)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: "scen2_hci_02" in text_of(app), "the applications")
        await steps(pilot, app)
        (HERE / f"{name}.svg").write_text(app.export_screenshot(title="tuiconsole"), encoding="utf-8")
    sys.stderr.write(f"screenshots/{name}.svg\n")


async def overview(pilot: Pilot[int], _app: ConsoleApp) -> None:
    """Down to a process of what runs here, with its details and log."""
    await pilot.press("a", "slash", *"hci_02", "enter")
    await pilot.press("escape", "right", "down", "down", "down")
    await pilot.pause(2.0)


async def refused(pilot: Pilot[int], app: ConsoleApp) -> None:
    """Start what runs on another console."""
    await pilot.press("a", "slash", *"hci_02", "enter")
    await pilot.press("escape", "s")
    await until(pilot, lambda: "runs on console_3 already" in text_of(app).replace("\n", " "), "the refusal")


async def stop_asked(pilot: Pilot[int], app: ConsoleApp) -> None:
    """Ask to stop, and read what would be stopped."""
    await pilot.press("a", "slash", *"hci_02", "enter")
    await pilot.press("escape", "x")
    await until(pilot, lambda: "Cancel" in text_of(app), "the question")


async def take(config: Path) -> None:
    """All pictures."""
    cluster = load_cluster(config)
    run(config, "console_3", "start", "scen2_hci_02")
    run(config, "server_1", "start", "scen2_hci_03")
    await picture(cluster, "console", (120, 35), overview)
    await picture(cluster, "console-80x24", (80, 24), overview)
    await picture(cluster, "console-200x60", (200, 60), overview)
    await picture(cluster, "refused", (120, 35), refused)
    await picture(cluster, "stop", (120, 35), stop_asked)


def main() -> int:
    """Start the demo, take the pictures, end the demo."""
    with tempfile.TemporaryDirectory(prefix="tc") as folder:
        demo = subprocess.Popen(
            [sys.executable, "-m", "tuiconsole", "demo", "--headless", "--dir", folder],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert demo.stdout is not None
            line = demo.stdout.readline()
            if not line.startswith("ready "):
                sys.stderr.write("the demo did not become ready\n")
                return 1
            asyncio.run(take(Path(line.removeprefix("ready ").strip())))
        finally:
            demo.terminate()
            demo.wait(STARTED_WITHIN)
    return 0


if __name__ == "__main__":
    sys.exit(main())
