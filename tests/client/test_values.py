"""What the client computes without a wire: outcomes, items, events."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.client.fake_agent import application, event, status
from tuiconsole.client.items import merge_items
from tuiconsole.client.seen import KEPT, SeenEvents
from tuiconsole.client.tally import Tally
from tuiconsole.model.requests import Outcome, Progress, Verdict
from tuiconsole.model.states import ApplicationState
from tuiconsole.wire.replies import Acted, Failed

NAMES = st.sampled_from(["a", "b", "c", "stranger"])
BODIES = st.one_of(
    st.builds(Acted, st.builds(Outcome, NAMES, st.sampled_from(Verdict), st.just("so"))),
    st.builds(Acted, st.builds(Progress, NAMES, st.just("on its way"))),
    st.builds(Failed, st.sampled_from(["usage", "no_answer", "refused", "?"]), st.just("why")),
)


@given(st.lists(st.tuples(BODIES, st.booleans())))
def test_whatever_is_sent_each_target_gets_exactly_one_outcome(
    replies: list[tuple[Acted | Failed, bool]],
) -> None:
    tally = Tally(["a", "b", "c", "a"])
    steps = [step for body, last in replies for step in tally.take(body, last=last)]
    steps += tally.end(Verdict.UNKNOWN, "the end")
    assert sorted(step.target for step in steps if isinstance(step, Outcome)) == ["a", "b", "c"]
    assert tally.complete


def test_the_worst_leds_and_the_most_active_state_make_the_item() -> None:
    found = merge_items(
        status(
            "server_1",
            application("scen2_srv_01"),
            application("scen2_hci_01", running=False, minor=True),
            application("scen2_srv_02", running=False),
            application("common_data_bus"),
        ),
        r"(?P<part>srv|hci)_(?P<item>\d+)$",
    )
    one, two = found.items
    assert (one.item, one.state, one.major_failure, one.minor_failure) == (
        "01",
        ApplicationState.RUNNING,
        False,
        True,
    )
    assert one.reason == "scen2_hci_01: its bus died"
    assert one.applications == ("scen2_srv_01", "scen2_hci_01")
    assert (two.item, two.state, two.reason) == ("02", ApplicationState.STOPPED, None)


def test_an_event_told_by_two_agents_is_seen_once() -> None:
    seen = SeenEvents()
    assert seen.new([event(1), event(2)]) == [event(1), event(2)]
    assert seen.new([event(1), event(2), event(3)]) == [event(3)]


def test_only_the_last_events_are_kept() -> None:
    seen = SeenEvents()
    seen.new(event(number) for number in range(5 * KEPT))
    assert len(seen.last) == KEPT
    assert seen.last[-1] == event(5 * KEPT - 1)
