"""Rules that cannot be used: each mistake is one line with file, line, what was expected, and a remedy."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tuiconsole.rulebook.rulebook import load_rules
from tuiconsole.source.errors import SourceError


def refusal(folder: Path, name: str, text: str) -> str:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        load_rules([file])
    complaint = str(caught.value)
    assert "\n" not in complaint, complaint
    assert "; " in complaint, "a remedy"
    return complaint.replace(str(folder) + "/", "")


APPLICATION = '<root>\n<application name="a">\n{}\n</application></root>'
TOML_PROGRAM = '[[applications]]\nname = "a"\n[[applications.programs]]\nname = "p"\n'
MODEL_X = '<root>\n<model name="x"><reference>y</reference></model>\n'
PROGRAM = APPLICATION.format('<programs><program name="p">\n{}\n</program></programs>')


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            APPLICATION.format("<starting_strategy>LES_LOADED</starting_strategy>"),
            "rules.xml:3: starting_strategy is 'LES_LOADED'; did you mean LESS_LOADED? expected CONFIG",
        ),
        (
            APPLICATION.format("<starting_failure_strategy>STOP_APPLICATION</starting_failure_strategy>"),
            "rules.xml:3: starting_failure_strategy is STOP_APPLICATION, which is a running",
        ),
        (
            APPLICATION.format("<start_sequence>first</start_sequence>"),
            "rules.xml:3: start_sequence is 'first'; expected a whole number from 0",
        ),
        (
            APPLICATION.format("<start_sequence>-129</start_sequence>"),
            "rules.xml:3: start_sequence is -129; expected 0 to",
        ),
        (APPLICATION.format("<start_sequence></start_sequence>"), "rules.xml:3: start_sequence is ''"),
        (
            APPLICATION.format("<isolation>KEEP</isolation>"),
            "rules.xml:3: isolation is no word of this form; say it under [isolation]",
        ),
        (
            APPLICATION.format('<flap_limit restarts="5"/>'),
            "rules.xml:3: flap_limit is no word of this form; write these rules as TOML",
        ),
        (
            APPLICATION.format("<operational_status>'p' or or 'q'</operational_status>"),
            "rules.xml:3:28: operational_status: a name or pattern is missing before `or`",
        ),
        (
            APPLICATION.format("<identifiers>@,n</identifiers>"),
            "rules.xml:3: the sign @ is for programs only; write #, or name the nodes",
        ),
        (
            APPLICATION.format("<identifiers>#</identifiers>"),
            "rules.xml:3: the sign # needs an application whose name ends in -N or _N, and 'a' does not",
        ),
        (
            PROGRAM.format("<identifiers>#</identifiers>"),
            "rules.xml:4: the sign # deals out numbered processes, and 'p' is one name; write pattern",
        ),
        (
            APPLICATION.format("<programms/>"),
            "rules.xml:3: unknown element <programms> within <application>; did you mean programs?",
        ),
        (APPLICATION.format("stray"), "rules.xml:2: text 'stray' within <application>"),
        (
            APPLICATION.format(
                "<distribution>SINGLE_NODE</distribution><distribution>SINGLE_NODE</distribution>"
            ),
            "rules.xml:3: <distribution> stands here twice",
        ),
        (PROGRAM.format("<reference>nowhere</reference>"), "rules.xml:4: model 'nowhere' does not exist"),
        (
            PROGRAM.format("<expected_loading>101</expected_loading>"),
            "rules.xml:4: expected_loading is 101; expected 0 to 100",
        ),
        (
            PROGRAM.format("<required>maybe</required>"),
            "rules.xml:4: required is 'maybe'; expected true or false",
        ),
        (
            '<root>\n<application name="a" nam="a"/></root>',
            "rules.xml:2: unknown attribute 'nam' of <application>; did you mean name?",
        ),
        ("<root>\n<application/></root>", "rules.xml:2: <application> has neither a name nor a pattern"),
        (
            '<root>\n<application name="a" pattern="b"/></root>',
            "rules.xml:2: <application> has both a name and a pattern",
        ),
        (
            '<root>\n<application pattern="(a+)+"/></root>',
            "rules.xml:2: pattern '(a+)+': a repetition within a repetition",
        ),
        (
            MODEL_X + '<model name="y"><reference>x</reference></model></root>',
            "rules.xml:3: circular reference: x → y → x; break the circle",
        ),
        (
            '<root>\n<alias name="x">y</alias>\n<alias name="y">x</alias></root>',
            "circular alias: x → y → x; break the circle",
        ),
        (
            '<!DOCTYPE root [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n<root/>',
            "rules.xml:1: a document type (DTD) is refused",
        ),
        (
            '<?xml version="1.0"?>\n<!-- <!DOCTYPE x> -->\n\n<!DOCTYPE root>\n<root/>',
            "rules.xml:4: a document type (DTD) is refused",
        ),
        ('<root>\n<alias name="x">&e;</alias></root>', "rules.xml:2:"),
        ("<root>\n<application>", "rules.xml:2:"),
        ("<rules/>", "rules.xml:1: the outermost element is <rules>; expected <root>"),
        ('<?xml version="1.0" encoding="UTF-16"?><root/>', "rules.xml:1: encoding 'UTF-16' is refused"),
        ("", "rules.xml"),
        ("<a>" * 5000, "rules.xml:1"),
        (
            "<root>" + "<a>" * 50 + "</a>" * 50 + "</root>",
            "rules.xml:1: more than 16 elements deep; rules have",
        ),
    ],
)
def test_xml_is_refused_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    assert complaint in refusal(tmp_path, "rules.xml", text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            '[[applications]]\nname = "a"\nstarting_strategy = "LESS"',
            "rules.toml:4: starting_strategy is 'LESS'; ",
        ),
        ('[[applications]]\nname = "a"\nstarting_failure_strategy = "STOP_APPLICATION"', "write STOP"),
        (
            '[[applications]]\nname = "a"\nstart_sequence = "1"',
            "rules.toml:4: start_sequence is '1'; expected a whole number",
        ),
        (
            '[[applications]]\nname = "a"\nwait_exit = true',
            "rules.toml:4: unknown key applications.wait_exit",
        ),
        (
            "[[applications]]\nstart_sequence = 1",
            "rules.toml:2: the application has neither a name nor a pattern",
        ),
        ('[[applications]]\nname = ""', "rules.toml:3: the application's name is empty"),
        ('[[applications]]\nname = "a"\nidentifiers = [1]', "rules.toml:4: identifiers is no list of names"),
        ("applications = 3", "rules.toml:2: applications is a whole number; expected an array"),
        (
            TOML_PROGRAM + 'reference = "modle"\n[models.model]',
            "rules.toml:6: model 'modle' does not exist; did you mean model?",
        ),
        ('[models.x]\nreference = "x"', "rules.toml:3: circular reference: x → x"),
        ("[aliases]\nx = []", "rules.toml:3: alias 'x' is empty"),
        (
            '[[applications]]\nname = "a"\noperational_status = \'"p" AND "q"\'',
            "rules.toml:4:27: operational_status: `AND` follows without and or or; join the two",
        ),
        (
            '[[applications]]\nname = "a"\noperational_status = "\\"p\\" x"',
            "rules.toml:4: operational_status: `x` follows without",
        ),
        (
            '[[applications]]\nname = "a"\noperational_status = """\n"p" and\nq"""',
            'rules.toml:6:1: operational_status: `q` stands outside quotes; write "q"',
        ),
        (TOML_PROGRAM + "start_timeout = 0", "rules.toml:6: start_timeout is 0.0; expected 0.1 to 86400"),
        (TOML_PROGRAM + "start_timeout = nan", "rules.toml:6: start_timeout is nan; expected 0.1 to 86400"),
        (TOML_PROGRAM + "start_timeout = true", "start_timeout is True; expected a number of seconds"),
        (TOML_PROGRAM + "ready = 3", "rules.toml:6: ready is 3; expected {tcp = …"),
        (TOML_PROGRAM + "ready = {}", "rules.toml:6: ready says not exactly one thing; expected one of tcp"),
        (TOML_PROGRAM + 'ready = {tcp = "a:1", file = "b"}', "ready says not exactly one thing"),
        (TOML_PROGRAM + 'ready = {tpc = "a:1"}', "unknown key ready.tpc; did you mean tcp?"),
        (TOML_PROGRAM + 'ready = {tcp = "8080"}', "ready: tcp = '8080' is no HOST:PORT; correct it"),
        (TOML_PROGRAM + 'ready = {tcp = "h:70000"}', "ready: tcp = 'h:70000' is no HOST:PORT"),
        (TOML_PROGRAM + "ready = {command = 'a \"b'}", "ready: No closing quotation"),
        (TOML_PROGRAM + 'ready = {command = "  "}', "ready.command is empty; give it a value"),
        (TOML_PROGRAM + 'ready = {file = ""}', "ready.file is empty; give it a value"),
        (TOML_PROGRAM + 'ready = {file = "f", interval = 0}', "ready.interval is 0.0; expected 0.1 to 3600"),
        (
            '[[applications]]\nname = "a"\nflap_limit = 5',
            "rules.toml:4: flap_limit is 5; expected {restarts = …",
        ),
        ('[[applications]]\nname = "a"\nflap_limit = {restarts = 5}', "flap_limit lacks within; add within"),
        (
            '[[applications]]\nname = "a"\nflap_limit = {restarts = 0, within = 1}',
            "flap_limit.restarts is 0; expected 1 to 1000",
        ),
        (
            TOML_PROGRAM.replace('name = "p"', 'pattern = "p"') + 'identifiers = ["#", "@"]',
            "rules.toml:6: the signs # and @ exclude each other; keep one of them",
        ),
        (
            '[[applications]]\nname = "a"\nstart_sequence = ' + "9" * 400,
            "rules.toml:4: a number is too great; TOML's",
        ),
        ("a = " + "9" * 5000, "rules.toml:2: a number is too great; TOML's whole numbers have 64 bits"),
        ("a = [1, {b = 0x" + "f" * 5000 + "}]", "rules.toml:2: a number is too great"),
        ("alias = 1", "rules.toml:2: unknown key alias; did you mean aliases?"),
    ],
)
def test_toml_is_refused_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    assert complaint in refusal(tmp_path, "rules.toml", "format = 1\n" + text)


def test_a_circle_of_references_names_its_chain(tmp_path: Path) -> None:
    text = (
        'format = 1\n[models.a]\nreference = "b"\n[models.b]\nreference = "c"\n[models.c]\nreference = "a"\n'
    )
    assert "rules.toml:7: circular reference: a → b → c → a; break the circle" in refusal(
        tmp_path, "rules.toml", text
    )


def test_a_chain_of_more_than_three_references_is_refused(tmp_path: Path) -> None:
    models = "".join(f'[models.m{n}]\nreference = "m{n + 1}"\n' for n in range(1, 4)) + "[models.m4]\n"
    program = '[[applications]]\nname = "a"\n[[applications.programs]]\nname = "p"\nreference = "m{}"\n'
    three = "format = 1\n" + models + program.format(2)
    (tmp_path / "rules.toml").write_text(three)
    load_rules([tmp_path / "rules.toml"])
    complaint = refusal(tmp_path, "rules.toml", "format = 1\n" + models + program.format(1))
    assert "more than 3 references: p → m1 → m2 → m3 → m4" in complaint


def test_a_bomb_of_aliases_costs_nothing(tmp_path: Path) -> None:
    levels = "".join(f'a{n} = ["a{n + 1}", "b{n + 1}"]\nb{n} = ["b{n + 1}", "a{n + 1}"]\n' for n in range(40))
    text = "format = 1\n[aliases]\n" + levels + 'a40 = ["n1"]\nb40 = ["n2"]\n'
    (tmp_path / "rules.toml").write_text(text + '[[applications]]\nname = "x"\nidentifiers = ["a0"]\n')
    begun = time.process_time()
    application = load_rules([tmp_path / "rules.toml"]).application("x")
    assert time.process_time() - begun < 5
    assert application is not None
    assert set(application.identifiers) == {"n1", "n2"}


def test_aliases_that_go_on_for_ever_are_refused(tmp_path: Path) -> None:
    levels = "".join(f'a{n} = ["a{n + 1}"]\n' for n in range(5000))
    complaint = refusal(tmp_path, "rules.toml", "format = 1\n[aliases]\n" + levels)
    assert "aliases within aliases, more than 50 deep" in complaint


def test_an_entity_bomb_costs_nothing(tmp_path: Path) -> None:
    bomb = (
        '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))
        + "]><root>&m;</root>"
    )
    assert "DTD" in refusal(tmp_path, "rules.xml", bomb)


def test_of_a_hundred_mistakes_no_more_are_told_and_warnings_do_not_count(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text("format = 1\n" + "".join(f"x{number} = 1\n" for number in range(5000)))
    with pytest.raises(SourceError) as caught:
        load_rules([file])
    assert len(caught.value.complaints) == 101
    assert "too much is wrong; the rest is not read" in str(caught.value)
    old = tmp_path / "old.xml"
    patterns = "".join(f'<pattern name="p{number}"/>\n' for number in range(300))
    old.write_text(f'<root><application name="a"><programs>{patterns}</programs></application></root>')
    assert len(load_rules([old]).warnings) == 300


def test_all_mistakes_of_all_files_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "1.toml").write_text("format = 1\nx = 1\n")
    (tmp_path / "2.xml").write_text("<root><y/></root>")
    with pytest.raises(SourceError) as caught:
        load_rules([tmp_path / "1.toml", tmp_path / "2.xml"])
    assert len(caught.value.complaints) == 2


@pytest.mark.parametrize(
    "name", ["rules.json", "missing.toml", "none*.toml", "folder.toml", "*\0.toml", "a\0.toml"]
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "rules.json").touch()
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(SourceError):
        load_rules([tmp_path / name])


def test_a_complaint_never_carries_control_codes_to_the_terminal(tmp_path: Path) -> None:
    complaint = refusal(tmp_path, "rules.toml", 'format = 1\n"\\u001b[31m\\n" = 1\n')
    assert "\\x1b[31m" in complaint
