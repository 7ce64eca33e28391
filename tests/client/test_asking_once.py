"""One-shot requests: any agent may answer what is read, an act is carried to one agent, once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.client.fake_agent import Town, event, shows_status, status
from tuiconsole.client.oneshot import Lines, News, NoAnswerError, act, converse, follow
from tuiconsole.client.tally import Tally
from tuiconsole.client.whose import UnknownNodeError, matching_nodes, reading_order
from tuiconsole.model.requests import Action, Outcome, Progress, Verdict
from tuiconsole.wire.coding import encode
from tuiconsole.wire.keys import KeyPair, load_keyring, load_pair
from tuiconsole.wire.replies import Acted, Failed, Reply, StatusIs
from tuiconsole.wire.requests import Act, AskStatus

START = Act(Action.START, ("scen2_hci_01", "scen2_hci_02"), "console_1", 5.0)


@pytest.fixture
def lines(town: Town) -> Iterator[Lines]:
    with closing(Lines(load_pair(town.key), load_keyring(town.cluster.keys))) as found:
        yield found


def observer(lines: Lines, town: Town, *names: str) -> str:
    """Who answers a question for the status."""
    for body in converse(lines, [town.cluster.nodes[name] for name in names], AskStatus()):
        assert isinstance(body, StatusIs)
        return body.status.observer
    raise AssertionError("no reply")


def test_the_first_agent_answers_and_no_other_is_asked(town: Town, lines: Lines) -> None:
    town.agent("console_1")
    other = town.agent("server_1")
    assert observer(lines, town, "console_1", "server_1") == "console_1"
    assert not other.requests


def test_another_agent_answers_for_one_that_is_dead(town: Town, lines: Lines) -> None:
    town.agent("server_1")
    assert observer(lines, town, "console_1", "server_1") == "server_1"


def test_another_agent_answers_for_one_that_hangs(town: Town, lines: Lines) -> None:
    town.agent("console_1", lambda _request: None)
    town.agent("server_1")
    assert observer(lines, town, "console_1", "server_1") == "server_1"


def test_when_nobody_answers_it_is_said_and_for_how_long_one_has_waited(town: Town, lines: Lines) -> None:
    nodes = list(town.cluster.nodes.values())
    with pytest.raises(NoAnswerError, match=r"no agent answered within 0.4 s: console_1 \(127.0.0.1:"):
        lines.first_reply(nodes, AskStatus(), 0.4)


def test_an_impostor_with_another_key_is_not_believed(town: Town, lines: Lines) -> None:
    import zmq

    town.agent("console_1", pair=KeyPair("console_1", *zmq.curve_keypair()))
    with pytest.raises(NoAnswerError):
        lines.first_reply([town.cluster.nodes["console_1"]], AskStatus(), 0.5)


def test_what_is_no_message_is_counted_and_dropped(town: Town, lines: Lines) -> None:
    agent = town.agent("console_1")
    agent.raw = [b"", b"\xff" * 40, encode(Reply("of another", StatusIs(status("nobody"))))]
    assert observer(lines, town, "console_1") == "console_1"
    assert lines.to(town.cluster.nodes["console_1"]).malformed == 2


def test_every_target_gets_one_outcome_with_the_progress_before(town: Town, lines: Lines) -> None:
    town.agent(
        "console_1",
        lambda _request: [
            (Acted(Progress("scen2_hci_01", "starts its bus", 1, 3)), False),
            (Acted(Outcome("scen2_hci_01", Verdict.DONE, "started")), False),
            (Acted(Outcome("scen2_hci_01", Verdict.FAILED, "said twice")), False),
            (Acted(Outcome("scen2_hci_02", Verdict.REFUSED, "it runs")), True),
        ],
    )
    steps = list(act(lines, [town.cluster.nodes["console_1"]], START, Tally(START.targets)))
    assert [type(step) for step in steps] == [Progress, Outcome, Outcome]
    assert [step.verdict for step in steps if isinstance(step, Outcome)] == [Verdict.DONE, Verdict.REFUSED]


def test_a_request_that_was_turned_away_as_a_whole_says_why(town: Town, lines: Lines) -> None:
    town.agent("console_1", lambda _request: [(Failed("usage", "nothing is named"), True)])
    tally = Tally(START.targets)
    steps = list(act(lines, [town.cluster.nodes["console_1"]], START, tally))
    assert {step.verdict for step in steps if isinstance(step, Outcome)} == {Verdict.REFUSED}
    assert tally.failure == Failed("usage", "nothing is named")


def test_nothing_is_asked_of_a_dead_agent_so_nothing_was_done(
    town: Town, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [town.cluster.nodes["console_1"]]
    monkeypatch.setattr(Lines, "first_up", lambda self, nodes: _no_line(nodes))
    steps = list(act(lines, nodes, START, Tally(START.targets)))
    assert [step.verdict for step in steps if isinstance(step, Outcome)] == [Verdict.NO_ANSWER] * 2


def _no_line(_nodes: object) -> None:
    raise NoAnswerError("no agent answered within 2 s")


def test_the_outcome_is_unknown_when_the_agent_dies_with_the_request(town: Town, lines: Lines) -> None:
    agent = town.agent("console_1", lambda _request: [(Acted(Progress("scen2_hci_01", "asked")), False)])
    steps = act(lines, [town.cluster.nodes["console_1"]], START, Tally(START.targets))
    assert isinstance(next(steps), Progress)
    town.die(agent)
    rest = list(steps)
    assert [step.verdict for step in rest if isinstance(step, Outcome)] == [Verdict.UNKNOWN] * 2
    assert "broke off" in rest[0].text


def test_a_follower_turns_to_another_agent(town: Town, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tuiconsole.client.oneshot.SILENCE", 0.3)
    agent = town.agent("console_1")
    news = follow(lines, [town.cluster.nodes[name] for name in ("console_1", "server_1")])
    first = next(news)
    assert isinstance(first, News)
    assert first.events == (event(1),)
    town.die(agent)
    town.agent("server_1", shows_status("server_1"))
    assert isinstance(next(news), NoAnswerError)
    second = next(news)
    assert isinstance(second, News)
    assert second.status.observer == "server_1"


def test_own_nodes_are_asked_before_core_nodes_before_others(town: Town) -> None:
    own = matching_nodes(town.cluster, "server_2")
    assert [node.name for node in reading_order(town.cluster, own)] == ["server_2", "server_1", "console_1"]


def test_without_a_name_all_nodes_of_this_host_match(town: Town) -> None:
    assert len(matching_nodes(town.cluster, None)) == 3


def test_a_wrong_name_of_a_node_suggests_the_right_one(town: Town) -> None:
    with pytest.raises(UnknownNodeError, match="did you mean console_1"):
        matching_nodes(town.cluster, "konsole_1")
