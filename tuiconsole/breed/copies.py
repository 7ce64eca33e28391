"""N copies of a group of Supervisor: texts in, texts out.

An application that exists once for each item needs a [group:…] section for each. The texts of all other
sections, comments included, are kept as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

import msgspec

from tuiconsole.source.errors import Complaint, Location, SourceError
from tuiconsole.source.text import did_you_mean

MOST_COPIES = 999
"""Of one group: far above the items that a control room has, and a stop for a slip of the keyboard."""

_HEADER = re.compile(r"\[([^\]]+)\]")
_GROUP = "group:"


class Section(msgspec.Struct, frozen=True):
    """The lines of one section: header, body, and the comment right above the header."""

    name: str
    """As in the header; empty for what stands before the first one."""
    line: int
    """Of the header, from 1."""
    above: tuple[str, ...]
    body: tuple[str, ...]

    def text(self, name: str = "") -> str:
        """The section under its own or another name."""
        header = [f"[{name or self.name}]"] if self.name else []
        return "".join(f"{line}\n" for line in (*self.above, *header, *self.body))


class Bred(msgspec.Struct, frozen=True):
    """What breeding found and made. Paths are relative to the template folder and the destination alike."""

    groups: Mapping[str, str]
    """Each template group and the file it stands in."""
    files: Mapping[str, str]
    """Each file to write and its text."""
    empty: tuple[str, ...]
    """Files with no section left: not to be written."""
    made: tuple[tuple[str, str], ...]
    """Each new group and its file."""


def parse_breeds(texts: Iterable[str]) -> dict[str, int]:
    """From `app=N` to {app: N}. Raises ValueError, in words for a person."""
    breeds: dict[str, int] = {}
    for text in texts:
        name, sign, count = text.partition("=")
        if not (sign and name and count.isascii() and count.isdigit() and 1 <= int(count[:9]) <= MOST_COPIES):
            raise ValueError(f"{text!r} is not app=N, with N from 1 to {MOST_COPIES}")
        if name in breeds:
            raise ValueError(f"{name} is named twice")
        breeds[name] = int(count)
    return breeds


def split_sections(text: str) -> list[Section]:
    """The sections of an ini file, in order; joined again they give the text."""
    sections = []
    name, number = "", 0
    above: list[str] = []
    body: list[str] = []
    for at, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        if not header:
            body.append(line)
            continue
        comment: list[str] = []
        while body and body[-1].startswith((";", "#")):
            comment.insert(0, body.pop())
        sections.append(Section(name, number, tuple(above), tuple(body)))
        name, number, above, body = header[1], at, comment, []
    sections.append(Section(name, number, tuple(above), tuple(body)))
    return [section for section in sections if section.name or section.body]


def breed_texts(templates: Mapping[str, str], breeds: Mapping[str, int], *, extra: bool) -> Bred:
    """Replace each group that `breeds` names by so many copies, `GROUP_01` and on.

    Args:
        templates: text by relative path.
        breeds: number of copies by name of group.
        extra: a new file `group_GROUP_01.ini` beside the template for each copy, else all in its file.

    Raises:
        SourceError: a group is in no template, or in two; or a copy would take the place of something else.
    """
    parsed = {path: split_sections(text) for path, text in templates.items()}
    groups = _groups(parsed)
    unknown = [name for name in breeds if name not in groups]
    if unknown:
        place = Location(next(iter(templates), "templates"))
        raise SourceError(
            *(
                Complaint(place, f"no template has a group {name!r}", did_you_mean(name, groups))
                for name in unknown
            )
        )
    files: dict[str, str] = {}
    made: list[tuple[str, str]] = []
    empty = []
    for path, sections in parsed.items():
        kept: list[str] = []
        named = 0
        for section in sections:
            count = breeds.get(section.name.removeprefix(_GROUP), 0) if section.name.startswith(_GROUP) else 0
            copies = [f"{section.name.removeprefix(_GROUP)}_{number:02d}" for number in range(1, count + 1)]
            for copy in copies:
                if copy in groups:
                    raise SourceError.at(
                        path, section.line, f"group {copy} exists already", "breed another group"
                    )
                text = section.text(_GROUP + copy)
                target = str(PurePosixPath(path).with_name(f"group_{copy}.ini")) if extra else path
                made.append((copy, target))
                if not extra:
                    kept.append(text.rstrip("\n") + "\n\n")
                elif target in parsed or target in files:
                    raise SourceError.at(path, section.line, f"{target} exists already", "breed without -x")
                else:
                    files[target] = text.rstrip("\n") + "\n"
            if not copies:
                kept.append(section.text())
            named += len(copies) if not extra else 0
            named += bool(section.name and not copies)
        if named:
            files[path] = "".join(kept).rstrip("\n") + "\n"
        else:
            empty.append(path)
    return Bred(groups, dict(sorted(files.items())), tuple(empty), tuple(made))


def _groups(parsed: Mapping[str, list[Section]]) -> dict[str, str]:
    groups: dict[str, str] = {}
    for path, sections in parsed.items():
        for section in sections:
            if not section.name.startswith(_GROUP):
                continue
            name = section.name.removeprefix(_GROUP)
            if name in groups:
                what = f"group {name} stands here and in {groups[name]}"
                raise SourceError.at(path, section.line, what, "keep one of them")
            groups[name] = path
    return groups
