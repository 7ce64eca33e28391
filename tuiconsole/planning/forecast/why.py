"""Why an application or process is where it is, or does not run, and what would change it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tuiconsole.model.events import Event
from tuiconsole.model.ledger import Wanted
from tuiconsole.model.plan import Plan, PlannedPlace, Question, Result
from tuiconsole.model.status import ClusterStatus, GrantStatus
from tuiconsole.model.why import Cause, Remedy, RuleInForce, Why
from tuiconsole.planning.engine.repair import AUTOMATIC
from tuiconsole.planning.engine.situation import iso
from tuiconsole.planning.forecast.accounts import basis_notes
from tuiconsole.planning.forecast.case import Case, Verdict
from tuiconsole.planning.forecast.causes import also, verdict_on
from tuiconsole.planning.forecast.plan import plan_request
from tuiconsole.planning.forecast.standing import Standing
from tuiconsole.rulebook.rules import ApplicationRules, ProgramRules, StartingStrategy

EVENTS_TOLD = 6
"""So many events are told."""


class UnknownNameError(LookupError):
    """Nothing bears the name; `known` are the names of that sort."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(name)
        self.name = name
        self.known = tuple(known)


def why(standing: Standing, status: ClusterStatus, events: Sequence[Event], name: str, *, origin: str) -> Why:
    """Explain one application, or one process.

    Args:
        standing: the cluster, as an engine that may be asked.
        status: what is shown of it, of the same moment.
        events: all that are remembered, oldest first.
        name: an application, or a namespec.
        origin: the node on whose behalf is asked: where LOCAL would start it.

    Raises:
        UnknownNameError: nothing bears the name.
    """
    case = _case(standing, status, events, name, origin)
    verdict = verdict_on(case)
    attempt = _attempt(case, verdict.cause)
    grants = case.report.grants if case.report else {}
    own = grants.get(case.application.grant_name(name)) if case.process else None
    grant = case.status.grant
    if own is not None:
        grant = GrantStatus(own.node, own.token, own.since, own.requested_by)
    return Why(
        name=name,
        state=(case.process.state if case.process else case.status.state).value,
        nodes=case.process.nodes if case.process else case.status.nodes,
        cause=verdict.cause,
        text=verdict.text,
        because=tuple(dict.fromkeys([*verdict.because, *also(case, verdict.cause)])),
        rules=tuple(_rules(case)),
        grant=grant,
        places=tuple(_with_differences(place, status) for place in attempt.targets[0].places)
        if attempt
        else (),
        events=case.events[-EVENTS_TOLD:],
        remedies=(*verdict.remedies, *_start_remedy(case, verdict, attempt)),
        computed_by=standing.node,
        basis=standing.basis,
        at=iso(standing.now.utc),
        notes=tuple(basis_notes(standing)),
    )


def _case(standing: Standing, status: ClusterStatus, events: Sequence[Event], name: str, origin: str) -> Case:
    group, _, program = name.partition(":")
    applications = {one.name: one for one in status.applications}
    application = standing.situation.apps.get(group)
    if group not in applications or application is None:
        raise UnknownNameError(group, tuple(applications))
    shown = applications[group]
    process = None
    if program:
        process = next((one for one in shown.processes if one.namespec == name), None)
        if process is None:
            raise UnknownNameError(name, tuple(one.namespec for one in shown.processes))
    about = tuple(event for event in events if _is_about(event, group, name if program else ""))
    return Case(standing, application, shown, process, standing.report, about, origin)


def _is_about(event: Event, application: str, namespec: str) -> bool:
    subjects = event.subject.split(", ")
    if namespec:
        return namespec in subjects or application in subjects
    return any(subject.partition(":")[0] == application for subject in subjects)


# -- what a start would do -----------------------------------------------------------------------------------


def _attempt(case: Case, cause: Cause) -> Plan | None:
    """What a start would do now; of what runs, a restart."""
    if cause in (Cause.UNMANAGED, Cause.CONFLICT, Cause.JOB):
        return None
    wish = case.wish
    runs = case.alive
    strategy = wish.strategy if wish is not None and wish.wanted is Wanted.STARTED else ""
    automatic = wish is not None and wish.requested_by == AUTOMATIC
    return plan_request(
        case.standing,
        Question.RESTART if runs else Question.START,
        (case.name,),
        origin=case.origin,
        requested_by="" if automatic else "someone",
        strategy=StartingStrategy(strategy) if strategy else None,
    )


def _with_differences(place: PlannedPlace, status: ClusterStatus) -> PlannedPlace:
    """A node that is kept out for what its files say is no mere CHECKING: say in what, and the remedy."""
    differs = {node.name: node.differs for node in status.nodes if node.differs}
    candidates = tuple(
        msgspec.structs.replace(one, reason=f"{one.reason}; {differs[one.node]}")
        if one.node in differs and not one.fits and differs[one.node] not in one.reason
        else one
        for one in place.candidates
    )
    return msgspec.structs.replace(place, candidates=candidates)


def _start_remedy(case: Case, verdict: Verdict, attempt: Plan | None) -> Iterator[Remedy]:
    if attempt is None or verdict.cause in (Cause.RUNS, Cause.RUNS_IN_PART):
        return
    target = attempt.targets[0]
    command = f"tuiconsole start {case.name}"
    if target.result is Result.DONE:
        later = ", once there is a quorum" if attempt.impossible else ""
        on = f" on {', '.join(target.after)}" if target.after else ""
        yield Remedy(command, f"would start it{on}{later}")
    else:
        yield Remedy("", f"a start would be {target.result.value} now: {target.text}")


# -- the rules -----------------------------------------------------------------------------------------------


def _rules(case: Case) -> Iterator[RuleInForce]:
    rules = case.application.rules
    if rules is None:
        return
    yield RuleInForce(rules.name, str(rules.origin or ""), tuple(_application_words(rules, case)))
    if case.process is not None:
        program = case.application.programs[case.process.namespec].rules
        words = tuple(_program_words(program, rules))
        yield RuleInForce(case.process.namespec, str(program.origin or ""), words)


def _application_words(rules: ApplicationRules, case: Case) -> Iterator[str]:
    yield f"distribution = {rules.distribution.value}"
    if rules.distribution.value != "ALL_INSTANCES":
        yield f"identifiers = {', '.join(rules.identifiers)}"
    yield f"starting_strategy = {rules.starting_strategy.value}"
    yield f"start_sequence = {rules.start_sequence}"
    yield f"starting_failure_strategy = {rules.starting_failure_strategy.value}"
    yield f"running_failure_strategy = {rules.running_failure_strategy.value}"
    yield f"isolation = {rules.isolation.value}"
    total = sum(program.rules.expected_loading for program in case.application.sequence())
    yield f"expected_loading = {total} % in all"


def _program_words(rules: ProgramRules, application: ApplicationRules) -> Iterator[str]:
    if application.distribution.value == "ALL_INSTANCES":
        yield f"identifiers = {', '.join(rules.identifiers)}"
    yield f"start_sequence = {rules.start_sequence}"
    yield f"required = {str(rules.required).lower()}"
    if rules.wait_exit:
        yield "wait_exit = true"
    yield f"expected_loading = {rules.expected_loading} %"
    yield f"starting_failure_strategy = {rules.starting_failure_strategy.value}"
    yield f"running_failure_strategy = {rules.running_failure_strategy.value}"
