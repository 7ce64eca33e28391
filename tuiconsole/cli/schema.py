"""The JSON schemas of what commands print, shipped as files for those who read it with other tools."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import msgspec

from tuiconsole.client.alarms import SCHEMA as ALARMS
from tuiconsole.client.alarms import AlarmsShown
from tuiconsole.client.items import SCHEMA as ITEMS
from tuiconsole.client.items import ItemsStatus
from tuiconsole.client.jobs import SCHEMA as JOBS
from tuiconsole.client.jobs import JobsShown
from tuiconsole.client.log_line import LogLine
from tuiconsole.client.top import SCHEMA as TOP
from tuiconsole.client.top import TopShown
from tuiconsole.model.events import Event
from tuiconsole.model.plan import SCHEMA as PLAN
from tuiconsole.model.plan import Plan
from tuiconsole.model.requests import Outcome
from tuiconsole.model.status import SCHEMA as STATUS
from tuiconsole.model.status import ClusterStatus
from tuiconsole.model.why import SCHEMA as WHY
from tuiconsole.model.why import Why

FOLDER = Path(__file__).parent
TYPES: dict[str, type[msgspec.Struct]] = {
    STATUS: ClusterStatus,
    ITEMS: ItemsStatus,
    ALARMS: AlarmsShown,
    JOBS: JobsShown,
    TOP: TopShown,
    PLAN: Plan,
    WHY: Why,
    "tuiconsole.event/1": Event,
    "tuiconsole.logline/1": LogLine,
    "tuiconsole.outcome/1": Outcome,
}
"""By title, the type of the objects."""


def file_of(title: str) -> Path:
    """The file that holds a schema: `status.schema.json` for `tuiconsole.status/1`."""
    return FOLDER / f"{title.partition('.')[2].partition('/')[0]}.schema.json"


def schema_of(title: str) -> str:
    """The text of a schema, made from its type; its file holds the same."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **_dedented(msgspec.json.schema(TYPES[title])),
    }
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


def _dedented(node: Any) -> Any:
    """The same, with each description as the docstring reads: some releases of msgspec leave it indented."""
    if isinstance(node, list):
        return [_dedented(part) for part in node]
    if not isinstance(node, dict):
        return node
    text = node.get("description")
    cleaned = {"description": inspect.cleandoc(text)} if isinstance(text, str) else {}
    return {key: _dedented(part) for key, part in node.items()} | cleaned


if __name__ == "__main__":
    for name in TYPES:
        file_of(name).write_text(schema_of(name), encoding="utf-8")
