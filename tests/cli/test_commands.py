"""What operators and scripts type: results on stdout, words on stderr, exit codes as the contract says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.client.fake_agent import Answer, Replies, Town, application, shows_status
from tuiconsole.cli.main import run
from tuiconsole.model.requests import Action, Outcome, Progress, Verdict
from tuiconsole.wire.replies import Acted, Failed, LogChunk, ReplyBody
from tuiconsole.wire.requests import Act, ReadLog, Request

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _here(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TUICONSOLE_NODE", "TUICONSOLE_KEY", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TUICONSOLE_CONFIG", str(town.file))


def answers_act(*outcomes: Outcome) -> Answer:
    """An agent that shows a status and ends every request so."""
    plain = shows_status("console_1")

    def answer(request: Request) -> Replies | None:
        if isinstance(request.body, Act):
            named = [
                Outcome(t, o.verdict, o.text) for t, o in zip(request.body.targets, outcomes, strict=False)
            ]
            steps: list[tuple[ReplyBody, bool]] = [
                (Acted(Progress(named[0].target, "on its way", 1, 2)), False)
            ]
            return steps + [(Acted(one), number == len(named)) for number, one in enumerate(named, 1)]
        return plain(request)

    return answer


# -- status --------------------------------------------------------------------------------------------------


def test_status_prints_a_plain_table(town: Town, capsys: Captured) -> None:
    town.agent("server_1")
    assert run(["status"]) == 0
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["Application", "State", "Major", "Minor", "Nodes", "Reason"]
    assert first.split() == ["scen2_srv_01", "RUNNING", "False", "False", "server_1"]
    assert second.split() == ["scen2_hci_01", "STOPPED", "False", "False", "-"]


@pytest.mark.parametrize("line", ["--json", "--json status", "status --json"])
def test_json_may_stand_before_behind_and_without_status(town: Town, capsys: Captured, line: str) -> None:
    town.agent("server_1")
    assert run(line.split()) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "tuiconsole.status/1"
    assert found["applications"][0]["processes"][0]["namespec"] == "scen2_srv_01:bus"


@pytest.mark.parametrize("line", ["-c {} status", "status -c {}", "status --config {}"])
def test_the_cluster_file_may_be_named_before_and_behind(
    town: Town, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    town.agent("server_1")
    monkeypatch.delenv("TUICONSOLE_CONFIG")
    assert run(line.format(town.file).split()) == 0


def test_status_of_named_applications_adds_their_processes(town: Town, capsys: Captured) -> None:
    town.agent("server_1")
    assert run(["status", "scen2_srv_01"]) == 0
    out = capsys.readouterr().out
    assert "scen2_hci_01" not in out
    assert "scen2_srv_01:bus" in out
    assert "10.8M" in out


def test_an_unknown_application_is_a_usage_error_with_a_suggestion(town: Town, capsys: Captured) -> None:
    town.agent("server_1")
    assert run(["status", "scen2_srv_O1"]) == 2
    assert "did you mean scen2_srv_01?" in capsys.readouterr().err


def test_items_merge_the_parts(town: Town, capsys: Captured) -> None:
    town.agent("server_1")
    assert run(["status", "--items"]) == 0
    assert [line.split()[:4] for line in capsys.readouterr().out.splitlines()[1:]] == [
        ["01", "RUNNING", "False", "False"]
    ]


@pytest.mark.parametrize(
    ("leds", "quorum", "code"),
    [
        ((False, False), True, 0),
        ((False, True), True, 1),
        ((True, True), True, 2),
        ((False, False), False, 3),
    ],
)
def test_check_tells_the_health_as_exit_code(
    town: Town, leds: tuple[bool, bool], quorum: bool, code: int
) -> None:
    major, minor = leds
    town.agent(
        "server_1", shows_status("server_1", application("a", major=major, minor=minor), quorum=quorum)
    )
    assert run(["status", "--check"]) == code


@pytest.mark.parametrize(
    "line", ["-c nowhere status --check", "status --check --jsn", "status --check --node x"]
)
def test_under_check_every_other_error_is_unknown(line: str) -> None:
    assert run(line.split()) == 3


def test_status_without_quorum_is_shown_and_exits_0_with_a_word(town: Town, capsys: Captured) -> None:
    town.agent("server_1", shows_status("server_1", quorum=False))
    assert run(["status"]) == 0
    assert "no master, 0 of 1 core nodes, 1 are needed" in capsys.readouterr().err


def test_without_any_agent_it_exits_3_and_names_who_was_asked(town: Town, capsys: Captured) -> None:
    assert run(["status"]) == 3
    caught = capsys.readouterr()
    assert caught.out == ""
    assert caught.err.count("\n") == 1
    assert "no agent answered within 2 s" in caught.err


def test_control_characters_in_a_reason_do_not_reach_the_terminal(town: Town, capsys: Captured) -> None:
    import msgspec

    evil = msgspec.structs.replace(application("a"), reason="\x1b]0;owned\x07")
    town.agent("server_1", shows_status("server_1", evil))
    assert run(["status"]) == 0
    assert "\x1b" not in capsys.readouterr().out


# -- start, stop, restart, clear -----------------------------------------------------------------------------


def test_a_start_says_so_and_names_who_asks(town: Town, capsys: Captured) -> None:
    agent = town.agent("console_1", answers_act(Outcome("", Verdict.DONE, "started")))
    assert run(["start", "scen2_hci_02", "--node", "console_1", "--strategy", "local", "--timeout", "9"]) == 0
    assert capsys.readouterr().out == "scen2_hci_02 started\n"
    assert agent.requests[0].body == Act(Action.START, ("scen2_hci_02",), "console_1", 9.0, "LOCAL")


def test_a_refused_start_exits_1_with_its_reason_on_stderr(town: Town, capsys: Captured) -> None:
    town.agent("console_1", answers_act(Outcome("", Verdict.REFUSED, "it runs on console_3 already")))
    assert run(["start", "scen2_hci_01", "--node", "console_1"]) == 1
    caught = capsys.readouterr()
    assert caught.out == ""
    assert caught.err == "tuiconsole: start scen2_hci_01: refused: it runs on console_3 already\n"


def test_a_refused_name_that_nothing_bears_is_a_usage_error(town: Town, capsys: Captured) -> None:
    town.agent("console_1", answers_act(Outcome("", Verdict.REFUSED, "no such application")))
    assert run(["start", "scen2_hci_O1", "--node", "console_1"]) == 2
    assert "did you mean scen2_hci_01?" in capsys.readouterr().err


@pytest.mark.parametrize("verdict", [Verdict.NO_ANSWER, Verdict.UNKNOWN])
def test_what_is_not_known_to_be_done_exits_3(town: Town, verdict: Verdict) -> None:
    town.agent("console_1", answers_act(Outcome("", verdict, "no quorum")))
    assert run(["start", "scen2_hci_01", "--node", "console_1"]) == 3


def test_a_request_without_quorum_exits_3(town: Town) -> None:
    town.agent("console_1", lambda _request: [(Failed("no_answer", "no master"), True)])
    assert run(["stop", "scen2_hci_01", "--node", "console_1"]) == 3


def test_the_worst_of_several_targets_makes_the_exit_code(town: Town, capsys: Captured) -> None:
    town.agent(
        "console_1",
        answers_act(Outcome("", Verdict.DONE, "stopped"), Outcome("", Verdict.FAILED, "it hangs")),
    )
    assert run(["stop", "scen2_srv_01", "scen2_hci_01"]) == 1
    caught = capsys.readouterr()
    assert caught.out == "scen2_srv_01 stopped\n"
    assert "stop scen2_hci_01: failed: it hangs" in caught.err


def test_outcomes_as_json(town: Town, capsys: Captured) -> None:
    town.agent("console_1", answers_act(Outcome("", Verdict.DONE, "started")))
    assert run(["--json", "start", "scen2_hci_01", "--node", "console_1"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["target"], found["verdict"], found["text"]) == ("scen2_hci_01", "done", "started")


def test_no_wait_leaves_as_soon_as_the_request_is_taken(town: Town, capsys: Captured) -> None:
    town.agent("console_1", answers_act(Outcome("", Verdict.FAILED, "later")))
    assert run(["start", "scen2_hci_01", "--no-wait", "--node", "console_1"]) == 0
    assert capsys.readouterr().out == "scen2_hci_01 start requested\n"


@pytest.mark.parametrize("command", ["start", "restart"])
def test_what_places_needs_one_node_where_several_match(town: Town, capsys: Captured, command: str) -> None:
    assert run([command, "scen2_hci_01"]) == 2
    assert "console_1, server_1, server_2; name it with --node NAME" in capsys.readouterr().err


def test_a_wrong_node_in_the_environment_is_named_as_such(
    town: Town, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUICONSOLE_NODE", "konsole_1")
    assert run(["start", "x"]) == 2
    assert "TUICONSOLE_NODE: no node is named 'konsole_1'; did you mean console_1?" in capsys.readouterr().err


# -- the others ----------------------------------------------------------------------------------------------


def test_nodes_mark_the_master(town: Town, capsys: Captured) -> None:
    town.agent("server_1")
    assert run(["nodes"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == [
        "server_1", "RUNNING", "master", "127.0.0.1", "42%", "0.1s", "12%", "25%", "90s", "3.9s", "0.1.0",
    ]  # fmt: skip


def test_events_are_lines_or_json_lines(town: Town, capsys: Captured) -> None:
    town.agent("server_1")
    assert run(["events"]) == 0
    assert capsys.readouterr().out.endswith("server_1  a:b  something happened\n")
    assert run(["events", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["subject"] == "a:b"


def test_logs_come_as_they_are(town: Town, capsys: Captured) -> None:
    agent = town.agent("server_1", lambda _r: [(LogChunk(b"one \xc3"), False), (LogChunk(b"\xb6\n"), True)])
    assert run(["logs", "a:b", "--stderr", "--node", "server_1"]) == 0
    assert capsys.readouterr().out == "one ö\n"
    assert agent.requests[0].body == ReadLog("a:b", True, 65536, False)


def test_the_log_of_an_unknown_process_is_a_usage_error(town: Town, capsys: Captured) -> None:
    town.agent("server_1", lambda _request: [(Failed("usage", "no process is named 'a:b'"), True)])
    assert run(["logs", "a:b"]) == 2
    assert run(["logs", "a"]) == 2


def test_keys_are_made_once_for_nodes_and_persons(town: Town, tmp_path: Path, capsys: Captured) -> None:
    folder = tmp_path / "new"
    assert run(["keys", "init", str(folder), "--person", "ada", "--node", "extra"]) == 0
    made = capsys.readouterr().out
    assert sorted(path.name for path in (folder / "private").iterdir()) == [
        f"{name}.key_secret" for name in ("ada", "console_1", "extra", "server_1", "server_2")
    ]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in (folder / "private").iterdir())
    assert made.count("made ") == 5
    assert run(["keys", "init", str(folder), "--person", "ada"]) == 0
    assert capsys.readouterr().out == ""


def test_keys_without_a_cluster_file_need_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.delenv("TUICONSOLE_CONFIG")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir("/")
    assert run(["keys", "init", str(tmp_path / "k")]) == 1
    assert run(["keys", "init", str(tmp_path / "k"), "--node", "server_9"]) == 0
    assert run(["keys", "init", str(tmp_path / "k"), "--node", "../x"]) == 2


def test_a_key_that_others_may_read_is_refused_with_the_remedy(town: Town, capsys: Captured) -> None:
    town.agent("server_1")
    town.key.chmod(0o644)
    assert run(["status"]) == 1
    assert f"chmod 600 {town.key}" in capsys.readouterr().err


def test_two_persons_here_must_say_who_they_are(town: Town, capsys: Captured) -> None:
    town.agent("server_1")
    assert run(["keys", "init", str(town.cluster.keys), "--person", "ada"]) == 0
    assert run(["status"]) == 1
    assert "--key FILE or TUICONSOLE_KEY" in capsys.readouterr().err
    # The agent read its keyring before ada came, as a real one would until it is started again.
    assert run(["status", "--key", str(town.key)]) == 0


def test_rules_are_checked_with_line_and_remedy(tmp_path: Path, capsys: Captured) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text('format = 1\n[[applications]]\nname = "a"\nstart_sequence = 1\n')
    bad.write_text('format = 1\n[[applications]]\nname = "a"\nstarting_strategy = "LES_LOADED"\n')
    assert run(["rules", "check", str(good)]) == 0
    assert "in order" in capsys.readouterr().out
    assert run(["rules", "check", str(bad)]) == 1
    caught = capsys.readouterr()
    assert caught.err.startswith(f"{bad}:4")
    assert "did you mean LESS_LOADED?" in caught.err


def test_breed_tells_what_it_does_when_asked(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "g.ini").write_text("[group:srv]\nprograms=a\n")
    line = ["breed", "-t", str(tmp_path / "t"), "-d", str(tmp_path / "d"), "-b", "srv=2", "-x"]
    assert run(line) == 0
    assert capsys.readouterr().out == ""
    assert run([*line, "-v"]) == 0
    assert f"wrote {tmp_path / 'd' / 'group_srv_02.ini'}" in capsys.readouterr().out
    assert run(["breed", "-t", str(tmp_path / "t"), "-d", str(tmp_path / "d"), "-b", "hci=2"]) == 1
    assert run(["breed", "-t", str(tmp_path / "t"), "-d", str(tmp_path / "d"), "-b", "srv"]) == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("stauts", "did you mean status?"),
        ("status --jsn", "--json"),
        ("start", "Missing argument"),
        ("start a --timeout -1", "--timeout"),
        ("start a --strategy NEAREST", "less_loaded"),
        ("keys", "needs a command"),
        ("--read-only status", "--read-only"),
        ("breed -t a -d b -b c=1 --json", "--json has no meaning"),
        ("status --watch --check", "--check"),
    ],
)
def test_a_wrong_command_line_exits_2_with_one_line(line: str, words: str, capsys: Captured) -> None:
    code = run(line.split())
    caught = capsys.readouterr()
    assert code == (3 if "--check" in line else 2)
    assert caught.out == ""
    assert caught.err.count("\n") == 1
    assert words in caught.err


def test_a_wrong_cluster_file_exits_1_with_one_line_for_each_complaint(town: Town, capsys: Captured) -> None:
    town.file.write_text(town.file.read_text() + "[nonsense]\n[more]\n")
    assert run(["status"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"{town.file}:") for line in lines)


def test_the_console_and_the_demo_need_a_terminal(town: Town, capsys: Captured) -> None:
    assert run(["--node", "console_1"]) == 2
    assert run(["demo"]) == 2
    assert "tuiconsole demo --headless" in capsys.readouterr().err


def test_an_agent_of_no_clear_node_exits_2(capsys: Captured) -> None:
    assert run(["agent"]) == 2
    assert "the agent needs one node" in capsys.readouterr().err


def test_help_names_every_command(capsys: Captured) -> None:
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    for name in [
        "agent",
        "breed",
        "clear",
        "demo",
        "events",
        "keys",
        "logs",
        "nodes",
        "restart",
        "rules",
        "start",
        "status",
        "stop",
    ]:
        assert f"\n  {name}" in out


def test_what_follows_two_dashes_is_added_to_the_command_of_one_process(town: Town, capsys: Captured) -> None:
    agent = town.agent("console_1", answers_act(Outcome("", Verdict.DONE, "started")))
    words = ["start", "--node", "console_1", "scen2_hci_01:view", "--", "--tape", "7; false", "--json"]
    assert run(words) == 0
    assert capsys.readouterr().out == "scen2_hci_01:view started\n"
    [act] = [request.body for request in agent.requests if isinstance(request.body, Act)]
    assert (act.targets, act.arguments) == (("scen2_hci_01:view",), ("--tape", "7; false", "--json"))


@pytest.mark.parametrize("words", ["app -- x", "app:a app:b -- x", "app:a --", "-- app:a"])
def test_arguments_without_their_one_process_are_not_passed(town: Town, words: str) -> None:
    agent = town.agent("console_1")
    assert run(["start", "--node", "console_1", *words.split()]) == 2
    assert agent.requests == []


def test_a_drain_names_what_stays_and_fails_for_it(town: Town, capsys: Captured) -> None:
    outcome = Outcome("server_1", Verdict.FAILED, "is not free", details=("scen2_hci_01 stays: LOCAL",))

    def answer(request: Request) -> list[tuple[ReplyBody, bool]] | None:
        return [(Acted(outcome), True)] if isinstance(request.body, Act) else None

    agent = town.agent("server_1", answer)
    words = ["drain", "server_1", "--node", "server_1", "--dry-run", "--reason", "new disk"]
    assert run(words) == 1
    told = capsys.readouterr()
    assert told.out == "  scen2_hci_01 stays: LOCAL\n"
    assert "drain server_1: failed: is not free" in told.err
    [act] = [request.body for request in agent.requests if isinstance(request.body, Act)]
    assert (act.action, act.dry_run, act.reason) == (Action.DRAIN, True, "new disk")
    assert run(["drain", "server_x", "--node", "server_1"]) == 2
