"""`tuiconsole logs`: the log of one process, wherever it runs."""

from __future__ import annotations

import codecs
from contextlib import closing

import click

from tuiconsole.cli import output
from tuiconsole.cli.asking import open_cluster, open_lines, readers, turned_away
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import given, global_options
from tuiconsole.client.log_line import LogLine
from tuiconsole.client.oneshot import converse
from tuiconsole.wire.replies import Failed, LogChunk
from tuiconsole.wire.requests import ReadLog

_TAIL = 64 * 1024


@click.command()
@click.argument("namespec")
@click.option("-f", "--follow", "following", is_flag=True, help="Go on with what is appended, until Ctrl-C.")
@click.option("--stderr", is_flag=True, help="Its stderr instead of its stdout.")
@global_options
@click.pass_context
def logs(context: click.Context, namespec: str, following: bool, stderr: bool) -> int:
    """Show the end (64 KiB) of the log of NAMESPEC, which is APPLICATION:PROCESS."""
    options = given(context)
    cluster = open_cluster(options)
    if ":" not in namespec:
        raise click.UsageError(f"{namespec!r} is no namespec; expected APPLICATION:PROCESS")
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    pieces = _Lines(namespec, "stderr" if stderr else "stdout")
    say = pieces.take if options.json else output.log_piece
    body = ReadLog(namespec, stderr, _TAIL, following)
    with closing(open_lines(cluster, options)) as lines:
        for piece in converse(lines, readers(cluster, options), body, endless=following):
            if isinstance(piece, LogChunk):
                say(decoder.decode(piece.data))
            elif isinstance(piece, Failed):
                turned_away(piece)
    say(decoder.decode(b"", True))
    pieces.end()
    return ExitCode.DONE


class _Lines:
    """A log as JSON, one object for each of its lines as soon as that is whole."""

    def __init__(self, namespec: str, stream: str) -> None:
        self._namespec, self._stream = namespec, stream
        self._rest = ""

    def take(self, text: str) -> None:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._write(line)

    def end(self) -> None:
        """The last line may have no end."""
        if self._rest:
            self._write(self._rest)

    def _write(self, line: str) -> None:
        output.json_line(LogLine(self._namespec, self._stream, line.removesuffix("\r")))
