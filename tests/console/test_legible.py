"""Legible by everybody on everything: colours, colour-blindness, no colours, ASCII, hostile names, sizes."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from rich.cells import cell_len
from textual.color import Color

from tuiconsole.client.session import Link
from tuiconsole.console.actions import Place
from tuiconsole.console.ascii import in_ascii
from tuiconsole.console.rows.marks import application_mark, node_mark, process_mark
from tuiconsole.console.settings import Letters, wants_ascii
from tuiconsole.console.themes import THEMES
from tuiconsole.model.events import Event, Severity
from tuiconsole.model.states import ApplicationState, NodeState, ProcessState
from tuiconsole.model.status import ConflictStatus, InstanceStatus

from .conftest import Console, Operator
from .fake_session import FakeSession
from .scenario import HCI, application, nodes, process, reference, starting_hci, with_alarms, with_application

STATES = ("running", "moving", "stopped", "major", "minor")

DICHROMACY = {
    # Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: str) -> tuple[float, float, float]:
    def one(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = Color.parse(colour).rgb
    return one(red), one(green), one(blue)


def luminance(colour: str) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def seen(colour: str, eye: str) -> tuple[float, float, float]:
    """The colour in CIE Lab, as an eye sees it."""
    rgb = linear(colour)
    if eye:
        rows = DICHROMACY[eye]
        rgb = tuple(max(0.0, min(1.0, sum(a * b for a, b in zip(row, rgb, strict=True)))) for row in rows)  # type: ignore[assignment]
    red, green, blue = rgb
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def difference(one: str, other: str, eye: str) -> float:
    """CIE 1976; 2.3 is just noticeable."""
    pairs = zip(seen(one, eye), seen(other, eye), strict=True)
    return sum((a - b) ** 2 for a, b in pairs) ** 0.5


@pytest.mark.parametrize("name", THEMES)
def test_every_text_stands_out_from_what_lies_under_it(name: str) -> None:
    theme = THEMES[name]
    least = 7.0 if name == "high-contrast" else 4.5
    grounds = (str(theme.background), str(theme.panel))
    for tone in (*STATES, "strong", "dim", "accent", "stale"):
        for ground in grounds:
            assert contrast(theme.variables[f"tone-{tone}"], ground) >= least, (tone, ground)
        assert contrast(theme.variables[f"tone-{tone}"], theme.variables["cursor"]) >= 3.5, (tone, "cursor")
    for badge in ("major", "minor", "dim"):
        assert contrast(theme.variables["badge-ink"], theme.variables[f"tone-{badge}"]) >= 4.5, badge


@pytest.mark.parametrize("eye", ["", *DICHROMACY])
@pytest.mark.parametrize("name", ["dark", "light", "high-contrast"])
def test_the_states_differ_in_colour_for_the_colour_blind_too(name: str, eye: str) -> None:
    tones = THEMES[name].variables
    for one, other in itertools.combinations(STATES, 2):
        if {one, other} == {"running", "stopped"} or {one, other} == {"moving", "stopped"}:
            continue  # calm both; told apart by glyph and word
        assert difference(tones[f"tone-{one}"], tones[f"tone-{other}"], eye) >= 9, (one, other)


def test_monochrome_has_no_hue() -> None:
    for value in THEMES["monochrome"].variables.values():
        red, green, blue = Color.parse(value).rgb
        assert red == green == blue


def test_states_have_glyphs_and_words_of_their_own_in_ascii_as_well() -> None:
    marks = [process_mark(process("g", "p", state)) for state in ProcessState]
    marks.append(process_mark(process("g", "p", ProcessState.EXITED, expected_exit=False)))
    for group in (
        marks,
        [application_mark(application("a", HCI, state=state)) for state in ApplicationState],
        [node_mark(state) for state in NodeState],
    ):
        assert len({mark.glyph for mark in group}) == len(group)
        assert len({in_ascii(mark.glyph) for mark in group}) == len(group)


def test_ascii_keeps_the_width_of_everything() -> None:
    assert in_ascii("► RUNNING – “a” 界 é …") == '> RUNNING - "a" ?? ? ~'


@pytest.mark.parametrize(
    ("letters", "term", "encoding", "expected"),
    [
        (Letters.AUTO, "xterm-256color", "UTF-8", False),
        (Letters.AUTO, "tmux-256color", "utf8", False),
        (Letters.AUTO, "xterm", "ANSI_X3.4-1968", True),
        (Letters.AUTO, "linux", "UTF-8", True),
        (Letters.AUTO, "vt100", "UTF-8", True),
        (Letters.UNICODE, "linux", "UTF-8", False),
        (Letters.ASCII, "xterm", "UTF-8", True),
    ],
)
def test_terminals_without_unicode_are_known(
    letters: Letters, term: str, encoding: str, expected: bool
) -> None:
    assert wants_ascii(letters, {"TERM": term}, encoding) is expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, False),
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "de_DE.UTF-8", "LC_CTYPE": "C.UTF-8"}, False),
        ({"LC_CTYPE": "UTF-8"}, False),
        ({"LANG": "C"}, True),
        ({"LANG": "POSIX", "LC_CTYPE": "C.UTF-8"}, True),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, True),
        ({"LANG": "de_DE.UTF-8", "LC_CTYPE": "C"}, True),
        ({"LANG": "C", "LC_ALL": "de_DE.UTF-8"}, False),
    ],
)
def test_a_locale_that_was_said_to_be_c_gets_ascii_though_python_makes_utf_8_of_it(
    said: dict[str, str], expected: bool
) -> None:
    assert wants_ascii(Letters.AUTO, {"TERM": "xterm-256color", **said}, "UTF-8") is expected


NASTY = "scen2_hci_\x1b[2J\x07[red]\u202e\n界\x9b31m"
FORBIDDEN = set("\x1b\x07\x9b\u202e\t\r\x00")


def hostile() -> FakeSession:
    """A cluster in which every foreign text is an attack on the screen."""
    strange = tuple(
        msgspec.structs.replace(one, name=one.name + "\x1b]0;x\x07", reason="\x1b[31m[/red]", host="\x9bh")
        for one in nodes()
    )
    since = "2026-11-23T12:00:00.000Z"
    conflict = ConflictStatus(
        NASTY,
        ("\x1bA", "B[/]"),
        since,
        "\x1bS",
        (InstanceStatus("\x1bA", since, None, ()),),
        {"\x07": "\x1b"},
        "\x1b",
    )
    status = reference(nodes=strange, conflicts=(conflict,), reason="\x1b[2J", cluster="\x1b[7m[b]")
    status = with_application(
        status, application(NASTY, HCI, "cons\x1b]0;x\x07ole", reason="[/] \r\n\x9b31m")
    )
    status = with_application(status, starting_hci("scen2_\x1bjob", "console_1", 2))
    event = Event("not a time", "no\x1bde", "node", "[b]", "text\twith\x00all", Severity.MAJOR, "x")
    session = FakeSession(status, events=(event,))
    session.append(f"{NASTY}:scen2_sensor_view", "\x1b[2Jlog\x07 \x1b]52;c;AAAA\x07[bold]\n")
    return session


@pytest.mark.parametrize("place", [one for one in Place if one not in (Place.PROCESS, Place.LOGS)])
async def test_hostile_names_disturb_no_screen(console: Console, place: Place) -> None:
    async with console(hostile(), first=place, size=(120, 35)) as operator:
        await operator.sees("␛")
        await operator.press("j", "question_mark")
        harmless(operator)
        await operator.press("escape", "colon", *"nothing [/] \\", "enter")
        harmless(operator)


async def test_hostile_names_disturb_neither_dialogs_nor_logs_nor_a_process(console: Console) -> None:
    async with console(hostile(), size=(120, 35)) as operator:
        await operator.on(NASTY)
        await operator.press("x")
        await operator.sees("Stop scen2_hci_␛[2J")
        harmless(operator)
        await operator.press("escape", "S")
        await operator.sees("as the rules say")
        harmless(operator)
        await operator.press("escape", "plus")
        await operator.on(f"{NASTY}:scen2_sensor_view")
        await operator.press("p")
        await operator.sees("log of scen2_hci_␛[2J")
        harmless(operator)
        await operator.press("l")
        await operator.sees("log␇ [bold]")
        harmless(operator)


def harmless(operator: Operator) -> None:
    text = operator.text()
    assert not set(text) & FORBIDDEN
    assert {cell_len(line) for line in text.split("\n")} == {operator.app.size.width}


@pytest.mark.parametrize("place", [one for one in Place if one not in (Place.PROCESS, Place.LOGS)])
async def test_in_ascii_nothing_else_reaches_the_terminal(console: Console, place: Place) -> None:
    async with console(hostile(), first=place, letters_ascii=True) as operator:
        await operator.press("question_mark")
        assert operator.text().isascii()
        await operator.press("escape", "colon")
        assert operator.text().isascii()
        harmless(operator)


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (80, 24), (120, 35), (200, 60), (300, 100)])
@pytest.mark.parametrize("place", [one for one in Place if one not in (Place.PROCESS, Place.LOGS)])
async def test_every_screen_is_usable_at_every_size(
    console: Console, place: Place, size: tuple[int, int]
) -> None:
    told = {
        Place.ALARMS: "HIGH",
        Place.CONFLICTS: "no conflict",
        Place.JOBS: "nothing goes on",
        Place.EVENTS: "12:02:00",
    }
    async with console(FakeSession(with_alarms(reference())), first=place, size=size) as operator:
        wanted = told.get(place, "server_1" if place is Place.NODES else "common_data")
        await operator.sees(wanted[: size[0] - 12])
        await operator.press("j", "j", "escape")
        assert operator.app.is_running


@pytest.mark.parametrize("place", [Place.OVERVIEW, Place.APPLICATIONS, Place.NODES])
async def test_a_lost_connection_is_told_on_every_screen_with_its_age(console: Console, place: Place) -> None:
    async with console(first=place, size=(80, 24)) as operator:
        operator.session.tell(link=Link(connected=False, reason="nobody answers"), age=12.0)
        await operator.sees("CONNECTION LOST  12 s ago – last known state")
        operator.session.age = 13.0
        await operator.sees("13 s ago")
