"""What `tuiconsole --help` says of each command, so that it need not import all of them.

A command that is missing here is imported for it: right as well, and slower. A test holds each line to the
command's own help.
"""

from __future__ import annotations

SUMMARIES = {
    "agent": "Run the agent of one node until SIGTERM, which is a clean leave.",
    "alarms": "Show what asks for somebody's action: each cause once, with its remedy, the gravest first.",
    "breed": "Copy the groups of template files: APP_01 to APP_N instead of each APP.",
    "clear": "Forget the failures of applications or processes: they were seen.",
    "conciliate": "End a conflict: have one instance stay, or all stopped, or one started anew.",
    "confirm-dead": "Free what a lost node holds: nothing of it runs any more, you have made sure.",
    "conflicts": "Show what runs more than once: where, since when, under which tokens, and the ways out.",
    "crash-test": "Break parts of nodes of this machine, watch, and say whether the promises held.",
    "demo": "Run three servers and three consoles on loopback; all of it ends with this command.",
    "disable": "Have nothing and nobody start these; what runs of them goes on until it is stopped.",
    "drain": "Move what may run elsewhere off a node, application by application, and keep it free.",
    "enable": "Let these be started again.",
    "end-sync": "End the synchronization at boot: all are there who will come, what starts by itself is started.",
    "events": "Show the last events, oldest first; as JSON one a line.",
    "import": "Print a cluster file for a site that runs Supvisors, made from its supervisord.conf.",
    "jobs": "Show the starts and stops that go on, sequence by sequence.",
    "keys": "Make keys.",
    "logs": "Show the end (64 KiB) of the log of NAMESPEC, which is APPLICATION:PROCESS.",
    "maintenance": "Hands off NODE (its agent may be down), APP or --all (nothing is done to it by itself).",
    "nodes": "Show the nodes: state, load of the host, how long ago each was heard.",
    "quorum": "Put the core nodes together again after a loss.",
    "reload": "Stop all applications, greatest stop_sequence first, restart all agents, and begin anew.",
    "restart": "Stop applications or processes, and start them again.",
    "rules": "Read rules files.",
    "shutdown": "Stop all applications, greatest stop_sequence first; then all agents end, and stay so.",
    "scale": "Give a program N processes on every node that has it (its numprocs), whatever the files say.",
    "start": "Start applications or processes.",
    "status": "Show applications, nodes, master and quorum; of each APP also its processes.",
    "stop": "Stop applications or processes, wherever they run.",
    "top": "Show CPU and memory of nodes and processes, with their children, until Ctrl-C.",
    "undrain": "Let a drained node take applications again; nothing is moved back by itself.",
}
"""By command: the first sentence of its help."""
