"""The first line of each command's help, so that `--help` need not import them all.

Written by `python -m tuiconsole.cli.summarize`, and tested to be what the commands say themselves.
"""

from __future__ import annotations

SUMMARIES: dict[str, str] = {
    "agent": "Run the agent of one node until SIGTERM, which is a clean leave.",
    "alarms": "Show what asks for somebody's action: each cause once, with its remedy, the gravest first.",
    "breed": "Copy the groups of template files: APP_01 to APP_N instead of each APP.",
    "clear": "Forget the failures of applications or processes: they were seen.",
    "completion": "Print the completion for a shell: `source <(tuiconsole completion bash)`.",
    "conciliate": "End a conflict: have one instance stay, or all stopped, or one started anew.",
    "confirm-dead": "Free what a lost node holds: nothing of it runs any more, you have made sure.",
    "conflicts": "Show what runs more than once: where, since when, under which tokens, and the ways out.",
    "crash-test": "Break parts of nodes of this machine, watch, and say whether the promises held.",
    "demo": "Run three servers and three consoles on loopback; all of it ends with this command.",
    "disable": "Have nothing and nobody start these; what runs of them goes on until it is stopped.",
    "drain": "Move what may run elsewhere off a node, application by application, and keep it free.",
    "enable": "Let these be started again.",
    "end-sync": "End the synchronization at boot: all are there who will come, what starts by itself is started.",  # noqa: E501
    "events": "Show the last events, oldest first; as JSON one a line.",
    "import": "Print a cluster file for a site that runs Supvisors, made from its supervisord.conf.",
    "jobs": "Show the starts and stops that go on, sequence by sequence.",
    "keys": "Make keys.",
    "logs": "Show the end (64 KiB) of the log of NAMESPEC, which is APPLICATION:PROCESS.",
    "maintenance": "Hands off NODE (its agent may be down), APP or --all (nothing is done to it by itself).",
    "man": "Show the manual page; redirected, write it: `tuiconsole man > tuiconsole.1`.",
    "nodes": "Show the nodes: state, load of the host, how long ago each was heard.",
    "plan": "Show what would happen, computed by the master's own engine. Nothing is changed.",
    "quorum": "Put the core nodes together again after a loss.",
    "reload": "Stop all applications, greatest stop_sequence first, restart all agents, and begin anew.",
    "restart": "Stop applications or processes, and start them again.",
    "rules": "Read rules files.",
    "shutdown": "Stop all applications, greatest stop_sequence first; then all agents end, and stay so.",
    "scale": "Give a program N processes on every node that has it (its numprocs), whatever the files say.",
    "serve": "Show the console to a browser on this machine, until Ctrl-C; read-only unless asked.",
    "start": "Start applications or processes. LOCAL in their rules means the node of --node, or of this host.",  # noqa: E501
    "status": "Show applications, nodes, master and quorum; of each APP also its processes.",
    "stop": "Stop applications or processes, wherever they run.",
    "top": "Show CPU and memory of nodes and processes, with their children, until Ctrl-C.",
    "undrain": "Let a drained node take applications again; nothing is moved back by itself.",
    "why": "Say why it is where it is, or why it does not run, and what would change that.",
}
