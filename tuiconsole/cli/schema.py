"""The JSON schemas of `--json`, shipped as files for those who read it with other tools."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tuiconsole.model import plan, status, why

_HERE = Path(__file__)
FILE = _HERE.with_name("status.schema.json")
SCHEMAS: dict[str, tuple[str, type[msgspec.Struct]]] = {
    "status.schema.json": (status.SCHEMA, status.ClusterStatus),
    "plan.schema.json": (plan.SCHEMA, plan.Plan),
    "why.schema.json": (why.SCHEMA, why.Why),
}
"""By file: the schema's name, and the type it is made from."""


def status_schema() -> str:
    """The text of the status's schema, made from the types; `FILE` holds the same."""
    return schema_of("status.schema.json")


def schema_of(file: str) -> str:
    """The text of a schema, made from the types; the file beside this one holds the same."""
    title, type_ = SCHEMAS[file]
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **msgspec.json.schema(type_),
    }
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


if __name__ == "__main__":
    for name in SCHEMAS:
        _HERE.with_name(name).write_text(schema_of(name), encoding="utf-8")
