"""Coverage-guided fuzzing of what people write: `python -m tests.fuzz TARGET [libFuzzer's options]`.

TARGET is formula, toml, xml, supervisord or convert. Needs atheris (pip install atheris). A crash is an
exception other than a refusal in words, a refusal without place or remedy, a hang (-timeout), or a loss on
the way to TOML.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["tuiconsole", "tomli"]):
    from tuiconsole.rulebook.convert import convert
    from tuiconsole.rulebook.formula import FormulaError, parse_formula
    from tuiconsole.rulebook.rulebook import load_rules, read_rules
    from tuiconsole.source.errors import SourceError
    from tuiconsole.source.supervisord import read_supervisord

FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))
UP = {"bus": True, "movie_1": True, "movie_2": False}


def formula(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    error = None
    try:
        found = parse_formula(text)
    except FormulaError as refused:
        error = refused
    if error is not None:
        assert error.remedy
        assert 1 <= error.column <= len(text) + 1
        return
    assert not (found.holds(UP) and found.troubles(UP))


def _refused(read: Callable[[Path], object], file: Path, data: bytes) -> bool:
    file.write_bytes(data)
    error = None
    try:
        read(file)
    except SourceError as refused:
        error = refused
    if error is None:
        return False
    assert error.complaints
    assert all(each.where.file and each.what and str(each).isprintable() for each in error.complaints)
    return True


def toml(data: bytes) -> None:
    _refused(lambda file: load_rules([file]), FOLDER / "rules.toml", data)


def xml(data: bytes) -> None:
    _refused(lambda file: load_rules([file]), FOLDER / "rules.xml", data)


def supervisord(data: bytes) -> None:
    _refused(lambda file: read_supervisord(file, {"A": "b"}), FOLDER / "supervisord.conf", data)


def round_trip(data: bytes) -> None:
    """What is read from XML is converted without a refusal, and means the same."""
    file, other = FOLDER / "rules.xml", FOLDER / "other.toml"
    if _refused(read_rules, file, data) or any(not each.warning for each in read_rules(file).complaints):
        return
    other.write_text(convert(file).text, encoding="utf-8")
    begun, came = read_rules(file), read_rules(other)
    assert not [each for each in came.complaints if not each.warning], came.complaints
    for before, after in zip(begun.applications, came.applications, strict=True):
        assert (before.name, before.pattern) == (after.name, after.pattern)
        assert {word: said.value for word, said in before.words.items()} == {
            word: said.value for word, said in after.words.items()
        }


TARGETS = {"formula": formula, "toml": toml, "xml": xml, "supervisord": supervisord, "convert": round_trip}

if __name__ == "__main__":
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
    atheris.Fuzz()
