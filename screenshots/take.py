"""`python -m screenshots.take`: pictures of the console on the live demo, as SVG, beside this file."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import xmlrpc.client
from collections.abc import Awaitable, Callable
from pathlib import Path

from supervisor.xmlrpc import SupervisorTransport
from textual.pilot import Pilot

from tuiconsole.client.live import connect
from tuiconsole.client.session import Session
from tuiconsole.console.app import ConsoleApp
from tuiconsole.console.settings import ConsoleSettings
from tuiconsole.demo.folder import prepare
from tuiconsole.settings.cluster import Cluster
from tuiconsole.settings.cluster_file import load_cluster

HERE = Path(__file__).parent
STARTED_WITHIN = 60.0
"""Seconds for the demo to have its three scen2_srv."""
SEEN_WITHIN = 20.0
"""Seconds for the console to show what a picture is taken for."""

CURVES = 40.0
"""Seconds for which the curves of a process are gathered."""

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


async def picture(
    cluster: Cluster, name: str, size: tuple[int, int], steps: Steps, *, theme: str = "dark"
) -> None:
    """Take one picture."""

    async def session() -> Session:
        return await connect(cluster, "console_1", cluster.keys / "private" / "operator.key_secret")

    settings = ConsoleSettings(theme=theme)
    app = ConsoleApp(session, cluster=cluster.name, item=cluster.item, settings=settings)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: "common_data_bus" in text_of(app), "the applications")
        await steps(pilot, app)
        svg = app.export_screenshot(title="tuiconsole").replace("<text ", '<text xml:space="preserve" ')
        (HERE / f"{name}.svg").write_text(svg, encoding="utf-8")
    sys.stderr.write(f"screenshots/{name}.svg\n")


async def overview(pilot: Pilot[int], app: ConsoleApp) -> None:
    """To the item that runs: its parts, why and where, its log."""
    await pilot.press("2")
    await until(pilot, lambda: "subscribes to" in text_of(app), "the log")


async def applications(pilot: Pilot[int], app: ConsoleApp) -> None:
    """Down to a process of what runs on console_3, with its details and log."""
    await pilot.press("2", "a")
    await until(pilot, lambda: "Applications 7" in text_of(app), "the applications")
    await pilot.press("right", "down", "down", "down")
    await pilot.pause(2.0)


async def refused(pilot: Pilot[int], app: ConsoleApp) -> None:
    """Start what runs on another console."""
    await pilot.press("2", "s")
    await until(pilot, lambda: "runs on console_3 already" in text_of(app).replace("\n", " "), "the refusal")


async def stop_asked(pilot: Pilot[int], app: ConsoleApp) -> None:
    """Ask to stop two, and read what would be stopped."""
    await pilot.press("a")
    await until(pilot, lambda: "Applications 7" in text_of(app), "the applications")
    await pilot.press("slash", *"srv", "enter", "space", "space", "x")
    await until(pilot, lambda: "Cancel" in text_of(app), "the question")


async def process(pilot: Pilot[int], app: ConsoleApp) -> None:
    """A process over time."""
    await pilot.press("colon", *"process scen2_srv_01:scen2_sensor_acquisition", "enter")
    await until(pilot, lambda: "Starts, exits" in text_of(app), "the process")
    await pilot.pause(CURVES)


async def logs(pilot: Pilot[int], app: ConsoleApp) -> None:
    """Two logs side by side, and a search."""
    await pilot.press("a")
    await until(pilot, lambda: "Applications 7" in text_of(app), "the applications")
    await pilot.press("slash", *"srv_01 internal", "enter", "asterisk", "l")
    await until(pilot, lambda: "following" in text_of(app), "the logs")
    await pilot.press("slash", *"subscribes|listens", "enter")
    await pilot.pause(1.0)


async def alarms(pilot: Pilot[int], app: ConsoleApp) -> None:
    """What asks for action: a program that was killed, a start that was refused."""
    await pilot.press("A")
    await until(pilot, lambda: "remedy" in text_of(app), "the alarms")


async def conflicts(pilot: Pilot[int], app: ConsoleApp) -> None:
    """What runs twice, and what each remedy would do."""
    await pilot.press("C")
    await until(pilot, lambda: "console_2" in text_of(app), "the conflict")


def crash(config: Path, namespec: str) -> None:
    """Kill a process, as a fault would."""
    command = [sys.executable, "-m", "tuiconsole", "-c", str(config), "status", "--json"]
    status = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    processes = (process for application in status["applications"] for process in application["processes"])
    pid = next(process["pid"] for process in processes if process["namespec"] == namespec)
    os.kill(pid, signal.SIGKILL)


def start_past_the_lock(config: Path, node: str, group: str) -> None:
    """As `supervisorctl start GROUP:*` does on that node; the guard of this demo only reports it."""
    socket = config.parent / "state" / node / "supervisor.sock"
    transport = SupervisorTransport(None, None, f"unix://{socket}")
    xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor.startProcessGroup(
        group, False
    )


async def take(config: Path) -> None:
    """All pictures."""
    cluster = load_cluster(config)
    run(config, "console_3", "start", "scen2_hci_02")
    run(config, "server_1", "start", "scen2_hci_03")
    await picture(cluster, "overview", (120, 35), overview)
    await picture(cluster, "overview-80x24", (80, 24), overview)
    await picture(cluster, "overview-light", (120, 35), overview, theme="light")
    await picture(cluster, "overview-monochrome", (120, 35), overview, theme="monochrome")
    await picture(cluster, "overview-200x60", (200, 60), overview)
    await picture(cluster, "applications", (120, 35), applications)
    await picture(cluster, "process", (120, 35), process)
    await picture(cluster, "refused", (120, 35), refused)
    await picture(cluster, "stop", (120, 35), stop_asked)
    await picture(cluster, "logs", (120, 35), logs)
    crash(config, "scen2_hci_02:scen2_sensor_control")
    await picture(cluster, "alarms", (120, 35), alarms)
    start_past_the_lock(config, "console_2", "scen2_hci_02")
    await picture(cluster, "conflicts", (120, 35), conflicts)


def main() -> int:
    """Start the demo, take the pictures, end the demo."""
    with tempfile.TemporaryDirectory(prefix="tc") as folder:
        file = prepare(Path(folder)).file
        file.write_text(file.read_text().replace('guard = "deny"', 'guard = "report"'))
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
