"""Breeding from a folder of templates into a folder of configuration."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tuiconsole.breed.copies import Bred, breed_texts
from tuiconsole.source.errors import SourceError
from tuiconsole.source.text import read_text

EVERY_INI = "**/*.ini"
_NUMBER = re.compile(r"\d+$")


def breed(
    template_dir: Path | str,
    dest_dir: Path | str,
    breeds: Mapping[str, int],
    pattern: str = EVERY_INI,
    extra: bool = False,
    tell: Callable[[str], None] | None = None,
) -> tuple[Path, ...]:
    """Read the templates that `pattern` names, copy groups, and write all under the same relative paths.

    Nothing is written unless all of it could be made.

    Args:
        template_dir: folder of the templates.
        dest_dir: folder to write to; made where it is missing.
        breeds: number of copies by name of group.
        pattern: glob, relative to `template_dir`.
        extra: a new file for each copy.
        tell: is called with each line of what was found and written.

    Returns:
        The files written.

    Raises:
        SourceError: no template, a group that is in none, or a file that cannot be read or written.
    """
    say = tell or (lambda _line: None)
    source, target = Path(template_dir), Path(dest_dir)
    if not source.is_dir():
        raise SourceError.at(source, 0, "no such folder", "name the folder of the templates with -t")
    if target.exists() and not target.is_dir():
        raise SourceError.at(target, 0, "is not a folder", "name another destination with -d")
    if source.resolve() == target.resolve():
        raise SourceError.at(
            target, 0, "the destination is the template itself", "name another folder with -d"
        )
    templates = _read(source, pattern)
    for path in templates:
        say(f"found {source / path}")
    bred = breed_texts(templates, breeds, extra=extra)
    for group, path in bred.groups.items():
        copies = breeds.get(group, 0)
        say(f"found [group:{group}] in {path}: {f'{copies} copies' if copies else 'kept'}")
    for group, path in bred.made:
        say(f"new [group:{group}] in {path}")
    for path in bred.empty:
        say(f"not written, since no section is left: {path}")
    written = tuple(_write(target / path, text) for path, text in bred.files.items())
    for file in written:
        say(f"wrote {file}")
    for file in leftovers(target, bred):
        say(f"left over from before, and still read by supervisord: {file}")
    return written


def leftovers(target: Path, bred: Bred) -> list[Path]:
    """Files of an earlier breed that this one does not write again: they would define groups beside its own.

    They are reported, never removed: someone may have edited them.
    """
    new_files = [Path(path) for group, path in bred.made if Path(path).stem == f"group_{group}"]
    stems = {_NUMBER.sub("", path.stem) for path in new_files}
    kept = {target / path for path in bred.files}
    numbered = {
        file
        for folder in {(target / path).parent for path in new_files}
        for file in folder.glob("group_*.ini")
        if _NUMBER.sub("", file.stem) in stems
    }
    emptied = {target / path for path in bred.empty if (target / path).exists()}
    return sorted((numbered | emptied) - kept)


def _read(source: Path, pattern: str) -> dict[str, str]:
    if not pattern or Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        remedy = "give a glob within the template folder, such as server/*.ini"
        raise SourceError.at(source, 0, f"pattern {pattern!r} leads elsewhere", remedy)
    try:
        found = sorted(file for file in source.glob(pattern) if file.is_file())
    except ValueError as error:
        raise SourceError.at(
            source, 0, f"pattern {pattern!r}: {error}", "correct the pattern with -p"
        ) from None
    if not found:
        raise SourceError.at(source, 0, f"no file matches {pattern!r}", "correct the pattern with -p")
    return {file.relative_to(source).as_posix(): read_text(file) for file in found}


def _write(file: Path, text: str) -> Path:
    """Replace a file as a whole: supervisord must never read half of one."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
                stream.write(text)
            mask = os.umask(0)
            os.umask(mask)
            Path(name).chmod(0o666 & ~mask)
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise SourceError.at(
            file, 0, f"cannot be written: {error.strerror}", "check the folder's permissions"
        ) from None
    return file
