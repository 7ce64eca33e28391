"""Breeding: N copies of a group, everything else as it was, nothing written unless all could be made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tuiconsole.breed.copies import breed_texts, parse_breeds, split_sections
from tuiconsole.breed.folders import breed
from tuiconsole.source.errors import SourceError

SCENARIO = Path(__file__).parents[2] / "rules" / "scenario_2"
MIXED = """\
; head of the file

[program:p]
command = p  ; why

; about the group
[group:g]
programs = p,
    q
priority = 5

# about q
[program:q]
command = q
"""


def tree(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): file.read_text()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.mark.parametrize(("kind", "group"), [("server", "scen2_srv"), ("console", "scen2_hci")])
def test_the_configuration_of_scenario_2_is_what_breeding_makes(
    tmp_path: Path, kind: str, group: str
) -> None:
    breed(SCENARIO / "template_etc", tmp_path, {group: 3}, f"{kind}/*.ini", extra=True)
    assert tree(tmp_path / kind) == tree(SCENARIO / "etc" / kind)
    assert sorted(tree(tmp_path / kind)) == [
        *(f"group_{group}_0{n}.ini" for n in (1, 2, 3)),
        f"programs_{kind}.ini",
    ]


def test_it_tells_what_it_found_and_wrote(tmp_path: Path) -> None:
    told: list[str] = []
    written = breed(
        SCENARIO / "template_etc", tmp_path, {"scen2_srv": 3}, "server/*.ini", extra=True, tell=told.append
    )
    assert len(written) == 4
    assert "found [group:scen2_srv] in server/group_server.ini: 3 copies" in told
    assert "new [group:scen2_srv_03] in server/group_scen2_srv_03.ini" in told
    assert "not written, since no section is left: server/group_server.ini" in told
    assert f"wrote {tmp_path / 'server' / 'programs_server.ini'}" in told


def test_copies_stand_in_the_templates_file_without_extra() -> None:
    bred = breed_texts({"a.ini": MIXED}, {"g": 2}, extra=False)
    copy = "; about the group\n[group:g_{}]\nprograms = p,\n    q\npriority = 5\n\n"
    template = copy.replace("_{}", "")
    assert template in MIXED
    assert bred.files == {"a.ini": MIXED.replace(template, copy.format("01") + copy.format("02"))}


def test_with_extra_the_rest_keeps_its_words_and_comments() -> None:
    bred = breed_texts({"d/a.ini": MIXED}, {"g": 1}, extra=True)
    group = "; about the group\n[group:g_01]\nprograms = p,\n    q\npriority = 5\n"
    assert bred.files["d/group_g_01.ini"] == group
    assert bred.files["d/a.ini"] == MIXED.replace(group.replace("_01", "") + "\n", "")


def test_sections_joined_again_are_the_text() -> None:
    assert "".join(section.text() for section in split_sections(MIXED)) == MIXED


def test_a_group_that_nobody_breeds_is_kept() -> None:
    other = "[group:other]\nprograms = q\n"
    assert breed_texts({"a.ini": MIXED, "b.ini": other}, {"g": 1}, extra=True).files["b.ini"] == other


def test_an_unknown_group_is_an_error_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=re.escape("no template has a group 'scen2_srw'; did you mean scen2_srv?")
    ):
        breed(SCENARIO / "template_etc", tmp_path / "out", {"scen2_srv": 1, "scen2_srw": 3})
    assert not (tmp_path / "out").exists()


def test_a_copy_never_takes_the_place_of_something_else() -> None:
    with pytest.raises(SourceError, match=re.escape("a.ini:7: group g_01 exists already")):
        breed_texts({"a.ini": MIXED, "b.ini": "[group:g_01]\nprograms=p\n"}, {"g": 1}, extra=False)
    with pytest.raises(SourceError, match=re.escape("group_g_01.ini exists already")):
        breed_texts({"a.ini": MIXED, "group_g_01.ini": "[program:x]\n"}, {"g": 1}, extra=True)
    with pytest.raises(SourceError, match=re.escape("b.ini:1: group g stands here and in a.ini")):
        breed_texts({"a.ini": MIXED, "b.ini": "[group:g]\nprograms=p\n"}, {"g": 1}, extra=False)


def test_what_an_earlier_breed_left_is_told_and_not_removed(tmp_path: Path) -> None:
    breed(SCENARIO / "template_etc", tmp_path, {"scen2_srv": 5}, "server/*.ini", extra=True)
    told: list[str] = []
    breed(SCENARIO / "template_etc", tmp_path, {"scen2_srv": 3}, "server/*.ini", extra=True, tell=told.append)
    left = [line for line in told if line.startswith("left over")]
    assert [line.rpartition("/")[2] for line in left] == ["group_scen2_srv_04.ini", "group_scen2_srv_05.ini"]
    assert (tmp_path / "server" / "group_scen2_srv_05.ini").exists()


@pytest.mark.parametrize("pattern", ["../*.ini", "/etc/*.ini", "", "nothing/*.ini"])
def test_a_pattern_that_leads_nowhere_or_elsewhere_is_an_error(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(SourceError):
        breed(SCENARIO / "template_etc", tmp_path, {"scen2_srv": 1}, pattern)


def test_the_template_is_never_its_own_destination() -> None:
    with pytest.raises(SourceError, match="the destination is the template itself"):
        breed(SCENARIO / "template_etc", SCENARIO / "template_etc", {"scen2_srv": 1})


@pytest.mark.parametrize(
    "text", ["a", "a=", "=3", "a=0", "a=-1", "a=x", "a=1000", "a=1=2", "a=99999999999999999999"]
)
def test_a_wrong_count_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="is not app=N"):
        parse_breeds([text])


def test_counts_are_read() -> None:
    assert parse_breeds(["scen2_srv=3", "scen2_hci=12"]) == {"scen2_srv": 3, "scen2_hci": 12}
