"""The command as a whole process: what it imports, prints and returns."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

from tests.client.fake_agent import Replies, Town, application, status
from tuiconsole.cli.schema import TYPES, file_of, schema_of
from tuiconsole.model.status import ClusterStatus
from tuiconsole.wire.coding import in_parts
from tuiconsole.wire.replies import Followed
from tuiconsole.wire.requests import Follow, Request

PATIENCE = 20.0


@contextmanager
def command(town: Town, *words: str) -> Iterator[subprocess.Popen[str]]:
    """The command, started; it ends with the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "tuiconsole", *words],
        env={**os.environ, "TUICONSOLE_CONFIG": str(town.file)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_one_shot_commands_import_neither_asyncio_nor_textual(town: Town) -> None:
    town.agent("server_1")
    program = (
        "import sys; from tuiconsole.cli.main import run; code = run(['status', '--json']);"
        "needless = {'asyncio', 'textual', 'rich', 'lxml', 'psutil', 'tuiconsole.cli.tables'};"
        "print(sorted(needless & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "TUICONSOLE_CONFIG": str(town.file)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr.strip() == "[]"
    msgspec.json.decode(done.stdout, type=ClusterStatus)


@pytest.mark.parametrize("title", TYPES)
def test_the_shipped_schema_is_that_of_the_types(title: str) -> None:
    assert file_of(title).read_text() == schema_of(title), "run: python -m tuiconsole.cli.schema"
    assert json.loads(schema_of(title))["title"] == title


def test_ctrl_c_ends_a_follower_without_a_traceback(town: Town) -> None:
    town.agent("server_1")
    with command(town, "events", "--follow") as process:
        assert process.stdout is not None
        assert "something happened" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, words = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Traceback" not in words


def test_a_reader_that_leaves_is_no_error_to_shout_about(town: Town) -> None:
    town.agent("server_1")
    with command(town, "status", "--json") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait(PATIENCE) == 141


def test_watching_prints_again_only_what_changed(town: Town) -> None:
    first, later = status("server_1"), "2026-11-23T12:00:01.000Z"
    changed = status("server_1", application("scen2_srv_01", major=True))

    def answer(request: Request) -> Replies | None:
        if not isinstance(request.body, Follow):
            return None
        told = (first, msgspec.structs.replace(first, observed_at=later), changed)
        return [(Followed(in_parts(each), ()), False) for each in told]

    town.agent("server_1", answer)
    with command(town, "status", "--watch", "--json") as process:
        assert process.stdout is not None
        for each in (first, changed):
            assert msgspec.json.decode(process.stdout.readline(), type=ClusterStatus) == each
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=PATIENCE)
        assert rest == ""
