"""Foreign text made harmless: names, reasons and logs may hold anything, the screen obeys none of it.

Markup needs no escaping here, because spans are drawn as they are and never parsed; what Textual would parse
(titles, toasts) is passed as content, not as markup.
"""

from __future__ import annotations

import re
import unicodedata

_REPLACEMENT = "\ufffd"


def plain(text: str) -> str:
    """`text` on one line, with every control, format, private and unassigned character made visible.

    C0 controls become their Unicode pictures (ESC is shown as ␛), the others a replacement character; so
    neither an escape sequence nor a bidirectional override reaches the terminal.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    if character < " ":
        return chr(0x2400 + ord(character))
    if character == "\x7f":
        return "␡"
    return " " if unicodedata.category(character) == "Zs" else _REPLACEMENT


class LogText:
    r"""Turns the pieces of a log, cut anywhere, into text that can be shown; it keeps what is incomplete.

    Colours and other escape sequences are dropped, line ends are made `\n`, tabs are expanded, what else
    cannot be shown becomes visible, and a line without an end is folded: no log can exhaust the screen.
    """

    LONGEST_LINE = 2_000
    """Characters after which a line is folded; the fold is marked with ↪."""

    _ESCAPE = re.compile(
        r"\x1b(?:"
        r"\[[0-?]*[ -/]*[@-~]"  # CSI
        r"|\][^\x07\x1b]{0,512}(?:\x07|\x1b\\)"  # OSC
        r"|[PX^_][^\x1b]{0,512}\x1b\\"  # DCS, SOS, PM, APC
        r"|[ -/]*[0-OQ-WYZ\\`-~]"  # two- and three-byte sequences
        r")"
    )
    _UNFINISHED = re.compile(r"(?:\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]{0,512}\x1b?|[ -/]*)|\r)\Z")

    def __init__(self) -> None:
        self._held = ""
        self._column = 0

    def feed(self, piece: str) -> str:
        """The next piece as text to append; what may be the start of a sequence waits for its end."""
        text = self._held + piece
        self._held = ""
        tail = self._UNFINISHED.search(text)
        if tail is not None and len(tail.group()) < self.LONGEST_LINE:
            self._held = tail.group()
            text = text[: tail.start()]
        text = self._ESCAPE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
        return "".join(self._folded(text))

    def _folded(self, text: str) -> list[str]:
        pieces: list[str] = []
        for number, part in enumerate(text.split("\n")):
            if number:
                pieces.append("\n")
                self._column = 0
            part = plain(part.replace("\t", "    "))
            while self._column + len(part) > self.LONGEST_LINE:
                cut = self.LONGEST_LINE - self._column
                pieces.append(part[:cut] + "\n↪ ")
                part = part[cut:]
                self._column = 0
            pieces.append(part)
            self._column += len(part)
        return pieces
