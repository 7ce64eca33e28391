"""What a console remembers of its operator from one time to the next: screen, filters, theme, lines typed."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import msgspec

from tuiconsole.console.rows.ordering import Grouping, Order


class Habits(msgspec.Struct, frozen=True):
    """The remembered choices."""

    theme: str = ""
    """Empty: the one of the settings."""
    order: Order = Order.NAME
    grouping: Grouping = Grouping.APPLICATION
    wrap: bool = False
    """Long lines of logs are wrapped."""
    filters: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    screen: str = ""
    """The last one; empty: none is remembered."""
    shown: dict[str, str] = {}
    """By screen: the words of its filter."""


def load_habits(file: Path | None) -> Habits:
    """What is remembered; nothing if there is no such file, or it cannot be understood."""
    if file is None:
        return Habits()
    try:
        return msgspec.json.decode(file.read_bytes(), type=Habits)
    except (OSError, msgspec.MsgspecError):
        return Habits()


def save_habits(file: Path | None, habits: Habits) -> None:
    """Remember; what cannot be written is forgotten, since nothing depends on it."""
    if file is None:
        return
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(habits), indent=1))
        draft.replace(file)
