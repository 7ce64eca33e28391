"""What it comes down to that something runs, or does not: one judge for each cause."""

from __future__ import annotations

from collections.abc import Iterator

from tuiconsole.model.ledger import FailureKind, Wanted
from tuiconsole.model.states import ApplicationState, ProcessState
from tuiconsole.model.status import ProcessStatus
from tuiconsole.model.why import Cause, Remedy
from tuiconsole.planning.engine.maintenance import hands_off
from tuiconsole.planning.forecast.case import Case, Verdict
from tuiconsole.rulebook.rules import Isolation

_NO_GRANT = "has no grant"
"""What the plugin's guard says of a start past the lock."""
_REFUSED = ": refused: "
"""What the engine's events say of a refused request."""


def verdict_on(case: Case) -> Verdict:
    """The first that holds, in the order in which one hides the other."""
    judges = (
        _unmanaged,
        _conflict,
        _job,
        _running,
        _disabled,
        _stopped,
        _flapping,
        _held,
        _no_master,
        _failed,
        _maintained,
        _refused,
    )
    for judge in judges:
        verdict = judge(case)
        if verdict is not None:
            return verdict
    return _quiet(case)


def _unmanaged(case: Case) -> Verdict | None:
    if case.application.managed:
        return None
    where = case.process.nodes if case.process else case.status.nodes
    on = f"runs on {', '.join(where)}" if where else "does not run"
    names = {case.process.namespec} if case.process else set(case.application.programs)
    nodes = [n for n, node in case.standing.situation.nodes.items() if names & node.processes.keys()]
    return Verdict(
        Cause.UNMANAGED,
        f"no rule names it: tuiconsole leaves it alone; it {on}",
        (f"known to the supervisord of {', '.join(nodes)}",) if nodes else (),
        (
            Remedy(
                f"supervisorctl start {case.name}{'' if case.process else ':*'}",
                "on its node, with that node's supervisord.conf",
            ),
            Remedy("", "name it in a rules file, to have it placed and started once"),
        ),
    )


def _conflict(case: Case) -> Verdict | None:
    found = [
        conflict
        for conflict in (case.report.conflicts if case.report else ())
        if conflict.name == case.name or conflict.name.partition(":")[0] == case.application.name
    ]
    if not found:
        return None
    one = found[0]
    past = [instance.node for instance in one.instances if instance.token is None]
    because = [f"since {one.since}; conciliation strategy {one.strategy.value}"]
    if past:
        because.append(f"started past the lock on {', '.join(past)}")
    if one.waits:
        because.append(one.waits)
    return Verdict(
        Cause.CONFLICT,
        f"{one.name} runs more than once, on {' and '.join(one.nodes)}: nothing of it is started or moved",
        tuple(because),
        (
            Remedy(f"tuiconsole conciliate {one.name} --keep {one.nodes[0]}", "the other instances stop"),
            Remedy("tuiconsole conflicts", "shows what each strategy would do"),
        ),
    )


def _job(case: Case) -> Verdict | None:
    job = case.job
    if job is None or (job.processes and case.process and case.process.namespec not in job.processes):
        return None
    name = case.application.name
    doing = {"start": "started", "restart": "restarted", "conciliate": "conciliated"}.get(job.kind, "stopped")
    steps = f", step {job.step} of {job.steps}" if job.steps else ""
    text = f"is being {doing}{steps}"
    if case.process is not None and case.process.namespec in job.to_come and not case.alive:
        text += "; its turn has not come"
    because = [f"waits for {one}" for one in job.waits_for]
    if job.requested_by:
        because.append(f"asked by {job.requested_by}" + (f": {job.cause}" if job.cause else ""))
    remedies = (Remedy(f"tuiconsole stop {name}", "gives the start up"),) if job.starting else ()
    return Verdict(Cause.JOB, text, tuple(because), remedies)


def _running(case: Case) -> Verdict | None:
    if not any(one.state.alive and not one.stale for one in case.processes):
        # What a silent node said last is no longer known to be so.
        return None
    where = case.process.nodes if case.process else case.status.nodes
    on = f" on {', '.join(where)}" if where else ""
    failing = [one for one in case.processes if one.major_failure or one.minor_failure]
    because = [*_granted(case)]
    if not failing:
        return Verdict(Cause.RUNS, f"runs{on}", tuple(because))
    words = [f"{one.namespec}: {one.reason or one.state.value}" for one in failing]
    remedies = [log_of(one.namespec) for one in failing[:2]]
    remedies.append(
        Remedy(f"tuiconsole start {failing[0].namespec}", "starts what is missing beside the rest")
    )
    return Verdict(
        Cause.RUNS_IN_PART,
        f"runs{on}, but not whole: {', '.join(one.name for one in failing)}",
        (*words, *because),
        tuple(remedies),
    )


def _granted(case: Case) -> Iterator[str]:
    grants = case.report.grants if case.report else {}
    names = {case.application.grant_name(one.namespec): None for one in case.processes}
    held = [grants[name] for name in names if name in grants]
    for grant in held[:3]:
        what = f"{grant.name} is" if len(held) > 1 or grant.name != case.name else "is"
        yield (
            f"{what} granted to {grant.node} since {grant.since}, asked by {grant.requested_by} "
            f"(token {grant.token[0]}-{grant.token[1]})"
        )


def _disabled(case: Case) -> Verdict | None:
    disabled = case.report.disabled if case.report else {}
    name = case.application.name
    namespecs = [one.namespec for one in case.processes]
    if name in disabled:
        found, by = name, disabled[name]
    elif namespecs and all(namespec in disabled for namespec in namespecs):
        found, by = case.name, disabled[namespecs[0]]
    else:
        return None
    remedy = Remedy(f"tuiconsole enable {found}", "it may be started again")
    return Verdict(Cause.DISABLED, f"{found} is disabled: {by}", (), (remedy,))


def _flapping(case: Case) -> Verdict | None:
    name = case.application.name
    held = case.report.holds.get(name) if case.report else None
    if not held:
        return None
    remedy = Remedy(f"tuiconsole clear {name}", "lets it go on, its restarts are counted anew")
    because = ("its flap_limit holds it: nothing but a person starts it any more",)
    return Verdict(Cause.FLAPPING, f"is held: {held}", because, (*_logs(case), remedy))


def _maintained(case: Case) -> Verdict | None:
    off = hands_off(case.standing.situation, case.application.name)
    if not off or case.wish is None or case.wish.wanted is not Wanted.STARTED:
        return None
    because = ("what has ended meanwhile is not started by itself",)
    return Verdict(
        Cause.MAINTENANCE, f"is {off}: nothing is done to it by itself", because, (_hands_on(case),)
    )


def _hands_on(case: Case) -> Remedy:
    maintained = case.report.maintenance if case.report else {}
    name = case.application.name if case.application.name in maintained else "--all"
    return Remedy(f"tuiconsole maintenance {name} --end", "its rules are in force again")


def _stopped(case: Case) -> Verdict | None:
    wish = case.wish
    if wish is None or wish.wanted is not Wanted.STOPPED:
        return None
    if wish.why:
        return Verdict(
            Cause.STOPPED_BY_RULE,
            f"stopped at {wish.since}: {wish.why}",
            (_strategy_words(case, wish.why),),
            _logs(case),
        )
    return Verdict(Cause.STOPPED_BY_PERSON, f"stopped by {wish.requested_by} at {wish.since}")


def _strategy_words(case: Case, why_: str) -> str:
    """Which running failure strategy has stopped it: that of the process that ended."""
    namespec = next((n for n in case.application.programs if why_.startswith(n)), "")
    if not namespec:
        return "it is not started again before someone asks"
    strategy = case.application.running_failure(namespec).value
    return f"the running_failure_strategy of {namespec} is {strategy}: not started again before someone asks"


def _held(case: Case) -> Verdict | None:
    held = case.report.held.get(case.application.name) if case.report else None
    if not held:
        return None
    remedies = []
    grants = case.report.grants if case.report else {}
    situation = case.standing.situation
    for grant in grants.values():
        if grant.name.partition(":")[0] != case.application.name or situation.usable(grant.node):
            continue
        remedies.append(Remedy("", f"bring {grant.node} back: it goes on there, or its grant is free"))
        if case.application.rules and case.application.rules.isolation is Isolation.KEEP:
            remedies.append(
                Remedy(
                    f'tuiconsole confirm-dead {grant.node} --reason "…"',
                    "only if its machine is certainly off: frees what it holds",
                )
            )
        break
    return Verdict(Cause.HELD, held, (), tuple(remedies))


def _no_master(case: Case) -> Verdict | None:
    standing = case.standing
    if not standing.why_impossible:
        return None
    if standing.quorum.held:
        return Verdict(Cause.NO_MASTER, "no master is elected yet: that takes about a second")
    remedies = tuple(
        Remedy(f"systemctl start tuiconsole-agent@{name}", f"on {name}, or heal the network to it")
        for name in standing.quorum.missing[: max(1, standing.quorum.needed - standing.quorum.present)]
    )
    isolation = case.application.rules.isolation if case.application.rules else Isolation.STOP
    lost = f"its isolation is {isolation.value}: without a quorum it "
    lost += "is stopped on every node" if isolation is Isolation.STOP else "goes on where it runs"
    return Verdict(Cause.NO_QUORUM, standing.why_impossible, (lost,), remedies)


def _failed(case: Case) -> Verdict | None:
    failures = case.failures
    if not failures:
        return None
    kinds = {failure.kind for failure in failures.values()}
    if FailureKind.START in kinds:
        kind, cause = FailureKind.START, Cause.START_FAILED
    elif FailureKind.RUNNING in kinds:
        kind, cause = FailureKind.RUNNING, Cause.ENDED_BADLY
    else:
        kind, cause = FailureKind.PLACEMENT, Cause.NO_PLACE
    of_kind = {n: failure for n, failure in failures.items() if failure.kind is kind}
    if cause is Cause.NO_PLACE:
        first = next(iter(of_kind.values()))
        return Verdict(
            cause,
            first.reason,
            (f"since {first.since}",),
            (Remedy("", "it is started by itself as soon as a node can host it"),),
        )
    first_name, first = next(iter(of_kind.items()))
    strategy = case.application.starting_failure(first_name).value
    because = [f"{n}: {failure.reason} (since {failure.since})" for n, failure in of_kind.items()]
    if cause is Cause.START_FAILED:
        text = f"its last start failed: {first_name}: {first.reason}"
        because.append(f"starting_failure_strategy {strategy}: not tried again before someone asks")
    else:
        text = f"{first_name}: {first.reason}"
    return Verdict(cause, text, tuple(because), tuple(log_of(n) for n in list(of_kind)[:2]))


def _refused(case: Case) -> Verdict | None:
    """The last thing that anyone asked of it was refused, and it has not run since."""
    names = {one.namespec for one in case.processes}
    denied = [
        (node.name, process.reason)
        for node in case.standing.situation.nodes.values()
        for namespec, process in node.processes.items()
        if namespec in names and _NO_GRANT in process.reason
    ]
    if denied:
        where, reason = denied[0]
        return Verdict(
            Cause.GUARD,
            f"a start past the lock was refused by the guard on {where}: {reason}",
            ("supervisorctl, autostart and autorestart start nothing that a rule names",),
        )
    last = next((event for event in reversed(case.events) if event.kind in ("request", "application")), None)
    if last is None or last.kind != "request" or _REFUSED not in last.text:
        return None
    reason = last.text.partition(_REFUSED)[2]
    return Verdict(Cause.REFUSED, f"its last request was refused at {last.at}: {reason}", (last.text,))


def _quiet(case: Case) -> Verdict:
    """Nothing stands in the way: it was never started, or has ended."""
    wish = case.wish
    bad = [
        one
        for one in case.processes
        if one.state is ProcessState.FATAL or (one.state is ProcessState.EXITED and not one.expected_exit)
    ]
    if bad:
        one = bad[0]
        text = f"{one.namespec}: {one.reason or _end_words(one)}"
        strategy = case.application.running_failure(one.namespec).value
        because = (f"its running_failure_strategy is {strategy}: it is left so",)
        return Verdict(Cause.ENDED_BADLY, text, because, _logs(case))
    ended = [one for one in case.processes if one.state is ProcessState.EXITED]
    if ended and (case.process or wish is not None):
        rules = case.application.programs[ended[0].namespec].rules
        after = " (wait_exit: what follows in the sequence waited for that)" if rules.wait_exit else ""
        return Verdict(Cause.ENDED, f"has ended as expected{after}")
    if wish is not None and wish.wanted is Wanted.STARTED and not case.process:
        return Verdict(Cause.ENDED, "all its processes have ended")
    return Verdict(Cause.NEVER_STARTED, _never(case), ())


def _end_words(one: ProcessStatus) -> str:
    return "could not be started (FATAL)" if one.state is ProcessState.FATAL else "exited unexpectedly"


def _never(case: Case) -> str:
    if case.process is not None:
        rules = case.application.programs[case.process.namespec].rules
        if not rules.start_sequence:
            return "its start_sequence is 0: it is not started with its application, and nobody asked for it"
        if case.status.state is not ApplicationState.STOPPED:
            return "it is stopped, though its application runs"
        return f"{case.application.name} does not run: see `tuiconsole why {case.application.name}`"
    if not case.application.sequence():
        return "none of its programs has a start_sequence: there is nothing to start"
    return "nobody has asked for it, and its start_sequence is 0: it is not started by itself"


def also(case: Case, cause: Cause) -> Iterator[str]:
    """What else stands in the way, that the cause does not say."""
    silent = dict.fromkeys(node for one in case.processes if one.stale for node in one.nodes)
    if silent:
        yield f"last seen on {', '.join(silent)}, silent since"
    drained = case.report.drained if case.report else {}
    for node in case.process.nodes if case.process else case.status.nodes:
        if node in drained:
            stays = drained[node].stays
            reason = stays.get(case.application.name) or stays.get(case.name)
            yield f"{node} is drained by {drained[node].by}" + (f"; it stays: {reason}" if reason else "")
    if cause in (Cause.UNMANAGED, Cause.RUNS, Cause.NO_QUORUM, Cause.NO_MASTER):
        return
    off = hands_off(case.standing.situation, case.application.name)
    if off and cause is not Cause.MAINTENANCE:
        yield f"{off}: nothing is done to it by itself"
    impossible = case.standing.why_impossible
    if impossible:
        yield f"and nothing can be started now: {impossible}"
    if cause not in (Cause.STOPPED_BY_PERSON, Cause.STOPPED_BY_RULE):
        return
    for event in reversed(case.events):
        if event.kind == "request" and _REFUSED in event.text and " start " in f" {event.text} ":
            yield f"a start was refused at {event.at}: {event.text.partition(_REFUSED)[2]}"
            return


def log_of(namespec: str) -> Remedy:
    """Where the last words of a process are."""
    return Remedy(f"tuiconsole logs {namespec} --stderr", "its last words, from where it ran last")


def _logs(case: Case) -> tuple[Remedy, ...]:
    bad = [
        one.namespec
        for one in case.processes
        if one.state is ProcessState.FATAL or (one.state is ProcessState.EXITED and not one.expected_exit)
    ]
    return tuple(log_of(namespec) for namespec in bad[:2])
