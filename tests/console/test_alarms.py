"""Alarms: what asks for somebody's action, each cause once."""

from __future__ import annotations

import msgspec

from tuiconsole.client.session import Action, Link
from tuiconsole.console.actions import Place
from tuiconsole.console.picture import Picture
from tuiconsole.console.rows.alarms import alarm_lines, alarms
from tuiconsole.console.rows.details import detail_lines
from tuiconsole.console.rows.line import text_of, width_of
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.model.events import Severity
from tuiconsole.model.states import NodeState, ProcessState
from tuiconsole.model.status import ClusterStatus

from .conftest import Console
from .fake_session import FakeSession
from .scenario import HCI, SRV, application, process, reference, with_application
from .test_screens import doubled


def seen(status: ClusterStatus) -> Picture:
    return Picture(link=Link(connected=True, agent="console_1"), status=status, age=0.1, node="console_1")


def healthy() -> ClusterStatus:
    return with_application(reference(), application("scen2_hci_03", HCI))


def test_a_healthy_cluster_has_no_alarm() -> None:
    assert alarms(seen(healthy())) == ()
    assert "Nothing asks" in text_of(alarm_lines(None, 60)[0])


def test_a_lost_node_is_one_alarm_whatever_ran_there() -> None:
    status = healthy()
    lost = msgspec.structs.replace(status.nodes[0], state=NodeState.FAILED, age=70.0)
    status = msgspec.structs.replace(status, nodes=(lost, *status.nodes[1:]))
    for number in range(4, 18):
        name = f"scen2_srv_{number:02d}"
        status = with_application(status, application(name, SRV, "server_1", major_failure=True))
    dead = process("hci", "view", ProcessState.FATAL, minor_failure=True, reason="node lost: server_1")
    status = with_application(status, application("hci", (), processes=(dead,), minor_failure=True))
    (alarm,) = alarms(seen(status))
    assert alarm.title == "server_1 is lost"
    assert len(alarm.consequences) == 15
    assert alarm.subject == Subject(Kind.NODE, "server_1")
    assert "last heard 70 s ago" in alarm.cause


def test_each_failure_names_its_cause_and_its_remedy_the_gravest_first() -> None:
    bad = process("a", "p", ProcessState.EXITED, expected_exit=False, minor_failure=True)
    flapping = process("b", "q", ProcessState.BACKOFF)
    status = with_application(reference(), application("a", (), processes=(bad,), minor_failure=True))
    status = with_application(status, application("b", (), processes=(flapping,)))
    found = alarms(seen(status))
    assert [one.title for one in found] == [
        "scen2_hci_03 has failed",
        "a is impaired",
        "b:q does not stay up",
    ]
    assert found[1].cause == "p exited unexpectedly"
    assert [one.severity for one in found] == [Severity.MAJOR, Severity.MINOR, Severity.MINOR]
    assert all(one.remedy and one.cause for one in found)


def test_no_quorum_no_master_and_no_connection_are_alarms() -> None:
    status = healthy()
    quorum = msgspec.structs.replace(status.quorum, present=1, held=False, missing=("server_2", "server_3"))
    (lost,) = alarms(seen(msgspec.structs.replace(status, quorum=quorum, master=None)))
    assert "bring back server_2, server_3" in lost.remedy
    (headless,) = alarms(seen(msgspec.structs.replace(status, master=None)))
    assert headless.title == "no master"
    away = msgspec.structs.replace(seen(status), link=Link(connected=False, reason="nobody answers"))
    assert [one.cause for one in alarms(away)] == ["nobody answers"]


def test_a_node_with_other_files_is_an_alarm_and_says_in_what() -> None:
    status = healthy()
    other = msgspec.structs.replace(status.nodes[3], differs="its rules differ: rules.toml")
    picture = seen(msgspec.structs.replace(status, nodes=(*status.nodes[:3], other, *status.nodes[4:])))
    (alarm,) = alarms(picture)
    assert alarm.cause == "its rules differ: rules.toml"
    told = detail_lines(picture, Subject(Kind.NODE, other.name), 100)
    assert "its rules differ" in "".join(map(text_of, told))


def test_a_conflict_hides_the_failure_that_it_causes() -> None:
    status = with_application(doubled(), application("scen2_hci_02", HCI, "console_3", major_failure=True))
    titles = [one.title for one in alarms(seen(status))]
    assert titles == ["scen2_hci_02 runs more than once", "scen2_hci_03 has failed"]


def test_the_lines_fit() -> None:
    for alarm in alarms(seen(doubled())):
        assert all(width_of(line) <= 30 for line in alarm_lines(alarm, 30))


async def test_keys_act_on_what_an_alarm_is_about_and_enter_goes_there(console: Console) -> None:
    async with console(FakeSession(reference()), first=Place.OVERVIEW) as operator:
        await operator.press("A")
        await operator.sees("remedy: read its log (l), start it again (s), or clear the failure (c)")
        await operator.press("c")
        await operator.until(lambda: operator.session.asked, "the request")
        assert operator.session.asked == [(Action.CLEAR, "scen2_hci_03")]
        await operator.press("enter")
        await operator.until(lambda: operator.app.screen is operator.control, "the applications")
        assert operator.control.subject.key == "scen2_hci_03"
