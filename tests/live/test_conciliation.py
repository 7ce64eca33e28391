"""Guard `report`: what is started past the lock runs twice, is seen, and is ended as people or rules say."""

from __future__ import annotations

import json
import xmlrpc.client
from collections.abc import Iterator

import pytest
from supervisor.xmlrpc import SupervisorTransport

from tuiconsole.model.requests import Verdict

from .cluster import Cluster, calm, running

pytestmark = pytest.mark.live

HCI, OTHER = "scen2_hci_01", "scen2_hci_02"
RULES = f"""
[[applications]]
name = "{OTHER}"
distribution = "SINGLE_INSTANCE"
identifiers = ["consoles"]
starting_strategy = "LOCAL"
conciliation_strategy = "INFANTICIDE"
[[applications.programs]]
pattern = ""
start_sequence = 1
expected_loading = 1
"""


@pytest.fixture(scope="module")
def live() -> Iterator[Cluster]:
    with running(strict=False, changes={'guard = "deny"': 'guard = "report"'}, rules=RULES) as cluster:
        yield cluster


def start_past_the_lock(cluster: Cluster, node: str, name: str) -> None:
    """As `supervisorctl start NAME:*` does."""
    socket = cluster.folder / "state" / node / "supervisor.sock"
    rpc = xmlrpc.client.ServerProxy(
        "http://127.0.0.1", transport=SupervisorTransport(None, None, f"unix://{socket}")
    )
    rpc.supervisor.startProcessGroup(name, False)


def test_a_start_past_the_lock_is_a_conflict_that_a_person_ends(cluster: Cluster) -> None:
    cluster.start(HCI, "console_1")
    granted = cluster.pids()
    start_past_the_lock(cluster, "console_2", HCI)
    cluster.wait_until(lambda s: s.conflicts, "the conflict")
    shown = cluster.cli("conflicts", "--json")
    assert shown.returncode == 0, shown
    [conflict] = json.loads(shown.stdout)
    assert (conflict["name"], conflict["strategy"]) == (HCI, "USER")
    assert {one["node"]: one["token"] is None for one in conflict["instances"]} == {
        "console_1": False,
        "console_2": True,
    }
    assert conflict["options"]["INFANTICIDE"] == "console_1 keeps it (the oldest), console_2 stops it"
    refused = cluster.request("start", HCI, "console_3")
    assert refused.verdict is Verdict.REFUSED
    assert "runs more than once" in refused.text
    cluster.start("scen2_hci_03", "console_3")
    unsure = cluster.cli("conciliate", HCI, "--keep", "console_1")
    assert unsure.returncode == 2, unsure
    done = cluster.cli("conciliate", HCI, "--keep", "console_1", "--yes", HCI)
    assert done.returncode == 0, done
    assert done.stdout == f"{HCI} conciliated: {HCI} stays on console_1\n"
    cluster.wait_until(calm, "an end of it")
    assert {program.node for program in cluster.live(HCI)} == {"console_1"}
    now = cluster.pids()
    assert {key: now.get(key) for key in granted} == granted, "what stays is not touched"
    again = cluster.cli("conciliate", HCI, "--keep", "console_1", "--yes", HCI)
    assert again.returncode == 1, again
    assert f"nothing of {HCI} runs more than once" in again.stderr


def test_what_stays_may_be_what_was_started_past_the_lock(cluster: Cluster) -> None:
    cluster.start(HCI, "console_1")
    start_past_the_lock(cluster, "console_2", HCI)
    cluster.wait_until(lambda s: s.conflicts, "the conflict")
    done = cluster.cli("conciliate", HCI, "--strategy", "SENICIDE", "--yes", HCI)
    assert done.returncode == 0, done
    cluster.wait_until(calm, "an end of it")
    assert {program.node for program in cluster.live(HCI)} == {"console_2"}
    grant = cluster.application(HCI).grant
    assert grant is not None
    assert grant.node == "console_2"


def test_the_rules_of_an_application_end_its_conflicts_by_themselves(cluster: Cluster) -> None:
    cluster.start(OTHER, "console_3")
    granted = cluster.pids()
    start_past_the_lock(cluster, "console_2", OTHER)
    told = f"{OTHER} stays on console_3"
    cluster.wait_until(
        lambda _: any(told in event.text for event in cluster.desk("console_1").events()), "its conciliation"
    )
    cluster.wait_until(calm, "an end of it")
    now = cluster.pids()
    assert {key: now.get(key) for key in granted} == granted
    assert {program.node for program in cluster.live(OTHER)} == {"console_3"}
