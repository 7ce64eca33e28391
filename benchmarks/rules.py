"""Rules of 5,000 programs in 500 applications: read, and the rules of each program looked up."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figure import Figure
from tuiconsole.rulebook.convert import convert
from tuiconsole.rulebook.rulebook import load_rules

APPLICATIONS = 500
PROGRAMS = 10
"""Of each."""
TIMES = 7
MODELS = """format = 1
[aliases]
servers = ["server_1", "server_2", "server_3"]
[models.bus]
start_sequence = 1
required = true
expected_loading = 2
[models.service]
reference = "bus"
start_sequence = 3
"""


def named() -> str:
    """Every application and every program by its name, as a site that writes all out would have it."""
    text = [MODELS]
    for application in range(APPLICATIONS):
        text.append(
            f'[[applications]]\nname = "app_{application}"\ndistribution = "SINGLE_INSTANCE"\n'
            'identifiers = ["servers"]\nstart_sequence = 1\n'
        )
        text += [
            f'[[applications.programs]]\nname = "program_{program}"\nreference = "service"\n'
            for program in range(PROGRAMS)
        ]
    return "".join(text)


def patterns() -> str:
    """A hundred patterns of applications, each with a pattern for each program."""
    text = [MODELS]
    for hundred in range(100):
        text.append(f'[[applications]]\npattern = "app_{hundred}_"\nidentifiers = ["#", "servers"]\n')
        text += [
            f'[[applications.programs]]\npattern = "program_{program}"\nreference = "service"\n'
            for program in range(PROGRAMS)
        ]
    return "".join(text)


def _seconds(file: Path, name: Callable[[int], str]) -> float:
    begun = time.perf_counter()
    book = load_rules([file])
    for application in map(name, range(APPLICATIONS)):
        assert book.application(application) is not None
        for program in range(PROGRAMS):
            assert book.program(application, f"program_{program}").start_sequence == 3
    return time.perf_counter() - begun


def measure() -> list[Figure]:
    figures = []
    sorts: list[tuple[str, str, Callable[[int], str]]] = [
        ("names", named(), lambda number: f"app_{number}"),
        ("patterns", patterns(), lambda number: f"app_{number % 100}_{number}"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        for sort, text, name in sorts:
            toml = Path(folder) / f"{sort}.toml"
            toml.write_text(text)
            xml = toml.with_suffix(".xml")
            xml.write_text(convert(toml).text)
            for file in (toml, xml):
                found = [_seconds(file, name) for _ in range(TIMES)]
                size = file.stat().st_size // 1024
                what = f"5,000 programs in 500 applications by {sort}, {file.suffix[1:]} of {size} KiB"
                figures.append(Figure(what, found, "s", 0.25, 0.5))
    return figures
