"""What the rules mean: Scenario 2 word for word, both forms alike, names before patterns."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuiconsole.rulebook.rulebook import Rulebook, load_rules
from tuiconsole.rulebook.rules import (
    ApplicationRules,
    ConciliationStrategy,
    Distribution,
    FlapLimit,
    Isolation,
    ProgramRules,
    ReadyCheck,
    RunningFailureStrategy,
    Sign,
    StartingFailureStrategy,
    StartingStrategy,
)
from tuiconsole.source.pattern import PatternError, check_pattern

SCENARIO = Path(__file__).parents[2] / "rules" / "scenario_2"
CONSOLES = tuple(f"console_{number}" for number in range(1, 6))
SERVERS = tuple(f"server_{number}" for number in range(1, 4))


def rules(folder: Path, text: str, **options: object) -> Rulebook:
    file = folder / ("rules.xml" if text.lstrip().startswith("<") else "rules.toml")
    file.write_text(text, encoding="utf-8")
    return load_rules([file], **options)  # type: ignore[arg-type]


def bare(value: ApplicationRules | ProgramRules | None) -> ApplicationRules | ProgramRules | None:
    return value and msgspec.structs.replace(value, origin=None)


@pytest.fixture(params=["rules.toml", "rules.xml"])
def scenario(request: pytest.FixtureRequest) -> Rulebook:
    return load_rules([SCENARIO / request.param])


def test_srv_of_scenario_2_is_as_its_requirements_say(scenario: Rulebook) -> None:
    assert bare(scenario.application("scen2_srv_02")) == ApplicationRules(
        name="scen2_srv_02",
        distribution=Distribution.SINGLE_INSTANCE,
        identifiers=SERVERS,
        start_sequence=1,
        stop_sequence=1,
        starting_strategy=StartingStrategy.LESS_LOADED,
        starting_failure_strategy=StartingFailureStrategy.STOP,
    )
    said = {
        name: scenario.program("scen2_srv_02", f"scen2_{name}")
        for name in (
            "internal_data_bus",
            "check_internal_data_bus",
            "config_manager",
            "data_processing",
            "sensor_acquisition",
            "check_common_data_bus",
            "common_bus_interface",
        )
    }
    assert [
        (name, rule.start_sequence, rule.expected_loading, rule.wait_exit) for name, rule in said.items()
    ] == [
        ("internal_data_bus", 1, 2, False),
        ("check_internal_data_bus", 2, 0, True),
        ("config_manager", 3, 10, False),
        ("data_processing", 3, 10, False),
        ("sensor_acquisition", 3, 10, False),
        ("check_common_data_bus", 3, 0, True),
        ("common_bus_interface", 4, 10, False),
    ]
    assert all(rule.required for rule in said.values())
    assert sum(rule.expected_loading for rule in said.values()) == 42
    assert said["internal_data_bus"].running_failure_strategy is RunningFailureStrategy.RESTART_APPLICATION
    assert all(rule.stop_sequence == rule.start_sequence for rule in said.values())


def test_hci_of_scenario_2_is_as_its_requirements_say(scenario: Rulebook) -> None:
    assert bare(scenario.application("scen2_hci_99")) == ApplicationRules(
        name="scen2_hci_99",
        distribution=Distribution.SINGLE_INSTANCE,
        identifiers=CONSOLES,
        starting_strategy=StartingStrategy.LOCAL,
        starting_failure_strategy=StartingFailureStrategy.CONTINUE,
    )
    bus = scenario.program("scen2_hci_99", "scen2_internal_data_bus")
    check = scenario.program("scen2_hci_99", "scen2_check_internal_data_bus")
    view = scenario.program("scen2_hci_99", "scen2_sensor_view")
    assert (bus.start_sequence, bus.expected_loading, bus.required) == (1, 2, True)
    assert bus.running_failure_strategy is RunningFailureStrategy.STOP_APPLICATION
    assert (check.start_sequence, check.wait_exit) == (2, True)
    assert (view.start_sequence, view.expected_loading, view.required) == (3, 8, False)
    assert view.starting_failure_strategy is StartingFailureStrategy.CONTINUE, (
        "the application's, as it says nothing"
    )


def test_both_forms_of_scenario_2_are_one_rulebook() -> None:
    toml, xml = load_rules([SCENARIO / "rules.toml"]), load_rules([SCENARIO / "rules.xml"])
    assert toml.digest == xml.digest
    assert toml.warnings == xml.warnings == ()


def test_what_no_rule_names_is_unmanaged(scenario: Rulebook) -> None:
    assert scenario.application("common_data_bus") is None
    assert scenario.program("common_data_bus", "common_data_bus") == ProgramRules()


def test_identifiers_that_no_node_bears_are_warnings_with_their_line(scenario: Rulebook) -> None:
    nodes = [*SERVERS, "console_1", "console_2", "console_3"]
    warnings = scenario.check_against(nodes, ["server", "console"])
    assert [warning.what for warning in warnings] == [
        "no node bears the identifier 'console_4'",
        "no node bears the identifier 'console_5'",
    ]
    assert all(warning.warning and warning.where.line in {6, 7} for warning in warnings)


def test_a_tag_is_a_known_identifier(tmp_path: Path) -> None:
    book = rules(tmp_path, 'format = 1\n[[applications]]\nname = "a"\nidentifiers = ["server"]\n')
    assert book.check_against(["n"], ["server"]) == ()
    assert len(book.check_against(["n"], [])) == 1


@pytest.mark.parametrize(
    ("name", "sequence"),
    [("abc", 1), ("abcd", 3), ("xabx", 2), ("bbb", 4), ("zzz", 5), ("b", 4)],
    ids=[
        "exact name",
        "longest match",
        "searched anywhere",
        "first on a tie",
        "empty pattern",
        "beats the empty one",
    ],
)
def test_the_best_pattern_holds(tmp_path: Path, name: str, sequence: int) -> None:
    declared = [("name", "abc", 1), ("pattern", "", 5), ("pattern", "ab", 2), ("pattern", "abcd?", 3)]
    declared += [("pattern", "b", 4), ("pattern", "b+?", 6), ("pattern", "b$", 7)]
    text = "format = 1\n" + "".join(
        f'[[applications]]\n{how} = "{word}"\nstart_sequence = {number}\n' for how, word, number in declared
    )
    application = rules(tmp_path, text).application(name)
    assert application is not None
    assert application.start_sequence == sequence


def test_the_empty_pattern_loses_even_to_one_that_matches_nothing_of_the_name(tmp_path: Path) -> None:
    text = (
        'format = 1\n[[applications]]\npattern = ""\n[[applications]]\npattern = "q*"\nstart_sequence = 2\n'
    )
    application = rules(tmp_path, text).application("zzz")
    assert application is not None
    assert application.start_sequence == 2


def test_programs_follow_the_same_precedence_within_their_application(tmp_path: Path) -> None:
    text = """<root><application name="a"><programs>
    <program pattern=""><start_sequence>1</start_sequence></program>
    <program pattern="view"><start_sequence>2</start_sequence></program>
    <program name="main_view"><start_sequence>3</start_sequence></program>
    </programs></application></root>"""
    book = rules(tmp_path, text)
    assert [book.program("a", name).start_sequence for name in ("x", "side_view", "main_view")] == [1, 2, 3]


def test_a_model_is_overridden_by_what_refers_to_it(tmp_path: Path) -> None:
    book = rules(
        tmp_path,
        """
format = 1
[models.base]
start_sequence = 1
required = true
expected_loading = 5
[models.heavy]
reference = "base"
expected_loading = 50
[[applications]]
name = "a"
[[applications.programs]]
name = "p"
reference = "heavy"
start_sequence = 7
stop_sequence = 2
""",
    )
    rule = book.program("a", "p")
    assert (rule.start_sequence, rule.stop_sequence, rule.required, rule.expected_loading) == (7, 2, True, 50)


def test_aliases_may_name_aliases_and_a_star_makes_the_rest_redundant(tmp_path: Path) -> None:
    text = """<root><alias name="all">west,east</alias>
    <alias name="west">a,b</alias><alias name="east">b,c</alias>
    <application name="x"><identifiers>all</identifiers></application>
    <application name="y"><identifiers>west,*</identifiers></application></root>"""
    book = rules(tmp_path, text)
    x, y = book.application("x"), book.application("y")
    assert x is not None
    assert y is not None
    assert (x.identifiers, y.identifiers) == (("a", "b", "c"), ("*",))


def test_the_old_spelling_of_a_pattern_is_read_with_a_warning(tmp_path: Path) -> None:
    text = """<root><application name="a"><programs>
    <pattern name="view"><start_sequence>2</start_sequence></pattern></programs></application></root>"""
    book = rules(tmp_path, text)
    assert book.program("a", "side_view").start_sequence == 2
    assert [str(warning).rpartition("/")[2] for warning in book.warnings] == [
        'rules.xml:2: warning: <pattern name="view"> is an old spelling; write <program pattern="view">'
    ]


def test_required_without_a_sequence_is_not_in_force_and_said_so(tmp_path: Path) -> None:
    text = """<root><application name="a"><programs><program name="p">
    <required>true</required></program></programs></application></root>"""
    book = rules(tmp_path, text)
    assert not book.program("a", "p").required
    assert "required is not in force" in book.warnings[0].what


def test_isolation_is_the_rules_word_then_the_cluster_files_then_stop(tmp_path: Path) -> None:
    text = 'format = 1\n[[applications]]\npattern = "a"\n[[applications]]\nname = "ab"\nisolation = "ALLOW"\n'
    book = rules(tmp_path, text, isolation=[("", Isolation.STOP), ("x$", Isolation.KEEP)])
    said = {name: book.application(name) for name in ("a", "ax", "ab")}
    assert [rule and rule.isolation for rule in said.values()] == [
        Isolation.STOP,
        Isolation.KEEP,
        Isolation.ALLOW,
    ]
    assert rules(tmp_path, text).digest != book.digest


def test_conciliation_is_the_rules_word_then_the_cluster_files_then_user(tmp_path: Path) -> None:
    text = 'format = 1\n[[applications]]\nname = "a"\n[[applications]]\nname = "b"\n'
    text += 'conciliation_strategy = "SENICIDE"\n'

    def said(**options: object) -> list[ConciliationStrategy]:
        book = rules(tmp_path, text, **options)
        return [found.conciliation for name in ("a", "b") if (found := book.application(name))]

    assert said() == [ConciliationStrategy.USER, ConciliationStrategy.SENICIDE]
    everywhere = said(conciliation=ConciliationStrategy.STOP)
    assert everywhere == [ConciliationStrategy.STOP, ConciliationStrategy.SENICIDE]
    other = rules(tmp_path, text, conciliation=ConciliationStrategy.STOP)
    assert other.digest != rules(tmp_path, text).digest


def test_the_starting_strategy_is_the_rules_word_then_the_cluster_files_then_config(tmp_path: Path) -> None:
    text = 'format = 1\n[[applications]]\nname = "a"\n[[applications]]\nname = "b"\n'
    text += 'starting_strategy = "CONFIG"\n'

    def said(**options: object) -> list[StartingStrategy]:
        book = rules(tmp_path, text, **options)
        return [found.starting_strategy for name in ("a", "b") if (found := book.application(name))]

    assert said() == [StartingStrategy.CONFIG, StartingStrategy.CONFIG]
    assert said(starting=StartingStrategy.LOCAL) == [StartingStrategy.LOCAL, StartingStrategy.CONFIG]
    other = rules(tmp_path, text, starting=StartingStrategy.LOCAL)
    assert other.digest != rules(tmp_path, text).digest


def test_an_operational_status_is_kept_as_a_formula(tmp_path: Path) -> None:
    text = """<root><application name="a"><operational_status> "p" and not "q" </operational_status>
    </application><application name="b"/></root>"""
    book = rules(tmp_path, text)
    a, b = book.application("a"), book.application("b")
    assert a is not None
    assert b is not None
    assert a.operational_status == '"p" and not "q"'
    assert a.formula is not None
    assert a.formula.holds({"p": True, "q": False})
    assert b.formula is None


@pytest.mark.parametrize(
    ("said", "sign", "identifiers"),
    [
        ("#", Sign.HASH, ("*",)),
        ("@", Sign.AT, ("*",)),
        ("#,n2,n1", Sign.HASH, ("n2", "n1")),
        ("n2,@", Sign.AT, ("n2",)),
        ("#,*", Sign.HASH, ("*",)),
        ("dealt", Sign.HASH, ("n1", "n2", "n3")),
        ("n1,*", None, ("*",)),
    ],
)
def test_a_sign_is_kept_apart_from_the_nodes_that_it_deals_out(
    tmp_path: Path, said: str, sign: Sign | None, identifiers: tuple[str, ...]
) -> None:
    text = f"""<root><alias name="dealt">#,all</alias><alias name="all">n1,n2,n3</alias>
    <application name="a"><programs><program pattern="p_"><identifiers>{said}</identifiers></program>
    </programs></application></root>"""
    rule = rules(tmp_path, text).program("a", "p_1")
    assert (rule.sign, rule.identifiers) == (sign, identifiers)


def test_applications_with_a_number_may_bear_the_sign(tmp_path: Path) -> None:
    text = """<root><application pattern="hci_"><identifiers>#,n1,n2</identifiers></application>
    <application name="srv-02"><identifiers>#</identifiers></application></root>"""
    book = rules(tmp_path, text)
    hci, srv = book.application("hci_7"), book.application("srv-02")
    assert hci is not None
    assert srv is not None
    assert (hci.sign, hci.identifiers) == (Sign.HASH, ("n1", "n2"))
    assert (srv.sign, srv.identifiers) == (Sign.HASH, ("*",))


def test_our_own_words_are_read_from_toml(tmp_path: Path) -> None:
    text = """
format = 1
[models.probed]
ready = { tcp = "127.0.0.1:8080", interval = 2, timeout = 30.5 }
[[applications]]
name = "a"
flap_limit = { restarts = 5, within = 600 }
[[applications.programs]]
name = "check"
wait_exit = true
start_timeout = 90
[[applications.programs]]
name = "web"
reference = "probed"
[[applications.programs]]
name = "db"
[applications.programs.ready]
command = "pg_isready -q"
"""
    book = rules(tmp_path, text)
    application = book.application("a")
    assert application is not None
    assert application.flap_limit == FlapLimit(restarts=5, within=600.0)
    assert book.program("a", "check").start_timeout == 90.0
    assert book.program("a", "web").ready == ReadyCheck(tcp="127.0.0.1:8080", interval=2.0, timeout=30.5)
    assert book.program("a", "db").ready == ReadyCheck(command="pg_isready -q")
    assert (book.program("a", "other").ready, book.program("a", "other").start_timeout) == (None, None)
    assert book.warnings == ()


def test_a_gate_that_is_none_is_said_not_to_be_in_force(tmp_path: Path) -> None:
    text = """
format = 1
[[applications]]
name = "a"
[[applications.programs]]
name = "check"
wait_exit = true
ready = { file = "/run/check" }
[[applications.programs]]
name = "web"
start_timeout = 5
"""
    book = rules(tmp_path, text)
    assert book.program("a", "check").ready is None
    assert book.program("a", "web").start_timeout is None
    assert [str(warning).rpartition("/")[2] for warning in book.warnings] == [
        "rules.toml:8: warning: ready is not in force, since 'check' has wait_exit; "
        "remove wait_exit, or remove ready",
        "rules.toml:11: warning: start_timeout is not in force, since 'web' has no wait_exit; "
        "set wait_exit, or remove start_timeout",
    ]


def test_several_files_are_one_rulebook_in_order(tmp_path: Path) -> None:
    (tmp_path / "1.toml").write_text('format = 1\n[aliases]\ns = ["n"]\n[models.m]\nstart_sequence = 4\n')
    (tmp_path / "2.xml").write_text(
        "<root><application name='a'><identifiers>s</identifiers><programs><program name='p'>"
        "<reference>m</reference></program></programs></application></root>"
    )
    book = load_rules([str(tmp_path / "[12].*")])
    application = book.application("a")
    assert application is not None
    assert application.identifiers == ("n",)
    assert book.program("a", "p").start_sequence == 4


def test_an_answer_is_remembered_and_memory_is_bounded(
    scenario: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuiconsole.rulebook.rulebook._REMEMBERED", 10)
    assert scenario.application("scen2_srv_01") is scenario.application("scen2_srv_01")
    for number in range(100):
        scenario.application(f"made_up_{number}")
        scenario.program(f"made_up_{number}", "p")
    assert len(scenario._application_answers) <= 10
    assert len(scenario._program_answers) <= 10


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|aa)+$", "(a?){50}", r"(a+)\1", "a*a*a*a*b", "a?" * 30 + "a" * 30, "x" * 300, "("],
)
def test_a_pattern_that_could_take_for_ever_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError) as caught:
        check_pattern(pattern)
    assert caught.value.remedy


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab.*+?()|[]{}0129,^$\\", max_size=25))
def test_any_pattern_is_refused_or_searched_in_bounded_time(pattern: str) -> None:
    try:
        compiled = check_pattern(pattern)
    except PatternError:
        return
    for name in ("a" * 128, "ab" * 64):
        begun = time.process_time()
        compiled.search(name)
        assert time.process_time() - begun < 2.0


@pytest.mark.parametrize("number", [1, 3])
def test_both_forms_of_scenarios_1_and_3_are_one_rulebook(number: int) -> None:
    folder = Path(__file__).parents[2] / "rules" / f"scenario_{number}"
    forms = [load_rules([str(folder / f"rules.{form}")]) for form in ("toml", "xml")]
    assert forms[0].digest == forms[1].digest
    assert not forms[0].warnings
