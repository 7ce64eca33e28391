"""The JSON schema of `status --json`, shipped as a file for those who read it with other tools."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tuiconsole.model.status import SCHEMA, ClusterStatus

FILE = Path(__file__).with_name("status.schema.json")


def status_schema() -> str:
    """The text of the schema, made from the types; `FILE` holds the same."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        **msgspec.json.schema(ClusterStatus),
    }
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


if __name__ == "__main__":
    FILE.write_text(status_schema(), encoding="utf-8")
