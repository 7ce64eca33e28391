"""`python -m tuiconsole`: the same as the command `tuiconsole`; and what that command becomes for an agent.

An agent runs for months: it takes the memory of its own parts alone, not that of a command line.
"""

from __future__ import annotations

import gc
import sys

from tuiconsole import openssl

ALLOCATIONS = 50_000
"""Between two looks for garbage: more than a command makes until all it needs is loaded. None of that is
garbage, and to look through it, again and again, took a tenth of a short command."""


def main() -> int:
    """Run the agent that is named in full, or else the command line."""
    if sys.argv[1:2] == ["agent"] and sys.argv[2::2] == ["--node", "-c"] and len(sys.argv) == 6:
        code = _run_agent(sys.argv[3], sys.argv[5])
        if code is not None:
            return code
    gc.set_threshold(ALLOCATIONS, 10, 10)
    from tuiconsole.cli.main import run

    code = run(sys.argv[1:])
    # Else the interpreter looks for garbage in all of it once more as it ends, when the system takes it back.
    gc.freeze()
    return code


def _run_agent(name: str, file: str) -> int | None:
    """Run the agent to its end; None if the command line has to say what is wrong with its words."""
    openssl.leave_out()
    from pathlib import Path

    from tuiconsole.settings.cluster_file import load_cluster
    from tuiconsole.source.errors import SourceError

    try:
        cluster = load_cluster(Path(file))
    except SourceError:
        return None
    if name not in cluster.nodes:
        return None
    from tuiconsole.agent.daemon import run_agent
    from tuiconsole.agent.errors import AgentError
    from tuiconsole.cli import complaints
    from tuiconsole.cli.exit_codes import ExitCode

    complaints.prepare()
    try:
        return run_agent(cluster, name)
    except SourceError as error:
        complaints.about_source(error.complaints)
    except (AgentError, OSError) as error:
        complaints.say(str(error))
    return ExitCode.FAILED


if __name__ == "__main__":
    sys.exit(main())
