"""A cluster file from what Supervisor's files say to Supvisors: its section `[rpcinterface:supvisors]`.

The options and their meaning are those of Supvisors' manual, «Configuration». Every line says what it was
taken from; what has no equivalent is a comment that says what to do instead.
"""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from tuiconsole.rulebook.rules import ConciliationStrategy, StartingStrategy
from tuiconsole.settings.cluster_file import FORMAT
from tuiconsole.source.errors import Complaint, Location, SourceError
from tuiconsole.source.supervisord import Configured, read_supervisord
from tuiconsole.source.text import matching

FIRST_PORT = 61100
BETWEEN_NODES = 10
"""Ports between two nodes of one host."""
MOST_CORE = 3
"""Core nodes, where Supvisors names none."""

_SECTION = "rpcinterface:"
_ITEM = re.compile(r"\s*(?:<(?P<nick>[^>]*)>)?\s*(?P<host>\[[^\]]*\]|[^:\s]+)(?::(?P<port>\d+))?(?::\d+)?\s*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_TAG = re.compile(r"@?[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_SYNCHRO = ("STRICT", "LIST", "TIMEOUT", "CORE", "USER")

_NO_EQUIVALENT = {
    "software_name": "the name of the cluster is shown instead",
    "software_icon": "a terminal shows no icon",
    "css_files": "the console has themes: docs/console.md",
    "event_link": "programs read `tuiconsole events -f --json`",
    "event_port": "programs read `tuiconsole events -f --json`",
    "multicast_group": "there is no discovery: every node is named here",
    "multicast_interface": "there is no discovery: every node is named here",
    "multicast_ttl": "there is no discovery: every node is named here",
    "auto_fence": "a node that is lost is fenced by its lease, and comes back by itself when it is whole",
    "inactivity_ticks": "a node is lost when its lease is over: `node_lease` under [timing], 4 s by default",
    "supvisors_failure_strategy": "who reaches no majority of the core nodes stops what it must: [isolation]",
    "stats_enabled": "statistics are always taken; they cost little",
    "stats_collecting_period": "statistics are always taken; they cost little",
    "stats_periods": "the console shows the last minutes",
    "stats_histo": "the console shows the last minutes",
    "stats_irix_mode": "CPU is percent of one core",
    "tail_limit": "`tuiconsole logs` reads as much as is asked for",
    "tailf_limit": "`tuiconsole logs -f` reads as much as is asked for",
    "logfile": "the agent logs to stderr, hence to the journal",
    "logfile_maxbytes": "the agent logs to stderr, hence to the journal",
    "logfile_backups": "the agent logs to stderr, hence to the journal",
    "loglevel": "the agent logs to stderr, hence to the journal",
}
_TAKEN = {
    "supvisors_list",
    "stereotypes",
    "rules_files",
    "core_identifiers",
    "synchro_options",
    "synchro_timeout",
    "starting_strategy",
    "conciliation_strategy",
    "disabilities_file",
    "supervisor.rpcinterface_factory",
}


class Imported(msgspec.Struct, frozen=True):
    """A cluster file, and what its reader should look at."""

    text: str
    warnings: tuple[Complaint, ...]


def import_supvisors(files: Sequence[str], environment: Mapping[str, str]) -> Imported:
    """The cluster file for a site that runs Supvisors.

    Args:
        files: its supervisord.conf; several if its machines have different ones. The first counts for all.
        environment: what `%(ENV_x)s` stands for.

    Raises:
        SourceError: a file cannot be read, or has no section of Supvisors.
    """
    return _Importer([_Site(file, environment) for file in files]).run()


class _Site:
    """One supervisord.conf with its options for Supvisors."""

    def __init__(self, file: str, environment: Mapping[str, str]) -> None:
        self.file = str(Path(file).resolve())
        self.said: Configured = read_supervisord(file, environment)
        self.section = self._section(file)
        self.where = self.said.places.get(self.section, Location(file))
        self.options = {
            key: self._expanded(value, environment) for key, value in self.said.sections[self.section].items()
        }
        self.tags = tuple(tag for tag in self.names("stereotypes") if _TAG.fullmatch(tag))

    def _section(self, file: str) -> str:
        for name, options in self.said.sections.items():
            factory = options.get("supervisor.rpcinterface_factory", "")
            if name.startswith(_SECTION) and ("supvisors" in factory or name == f"{_SECTION}supvisors"):
                return name
        what = "has no section [rpcinterface:supvisors]: Supvisors is not used here"
        raise SourceError.at(file, 0, what, "name the file of a supervisord that runs Supvisors")

    def _expanded(self, value: str, environment: Mapping[str, str]) -> str:
        known = {"here": str(Path(self.file).parent), "host_node_name": platform.node()}
        known |= {f"ENV_{name}": text for name, text in environment.items()}
        return re.sub(r"%\((\w+)\)s", lambda found: known.get(found[1], found[0]), value).strip()

    def names(self, option: str) -> list[str]:
        """A list that is separated by commas."""
        return [name for part in self.options.get(option, "").split(",") if (name := part.strip())]

    @property
    def identifier(self) -> str:
        """The name that its supervisord gives itself; empty if it has the default."""
        return self.said.sections.get("supervisord", {}).get("identifier", "").strip()


class _Node(msgspec.Struct):
    name: str
    identifier: str
    """As Supvisors calls it, and rules do."""
    host: str
    port: int
    kind: str
    tags: tuple[str, ...]
    core: bool = False


class _Importer:
    def __init__(self, sites: Sequence[_Site]) -> None:
        self.sites = sites
        self.first = sites[0]
        self.warnings: list[Complaint] = [each for site in sites for each in site.said.complaints]
        self.kinds = self._kinds()
        self.nodes = self._nodes()

    def run(self) -> Imported:
        lines = [
            f"# Made from {', '.join(site.file for site in self.sites)}.",
            "# Look through it, then run `tuiconsole rules check`. The differences: docs/from-supvisors.md",
            f"# Remove [{self.first.section}] from supervisord's files, or Supvisors goes on.",
            f"format = {FORMAT}",
            "",
            *self._cluster(),
            *self._synchronization(),
            *self._written_kinds(),
            *self._written_nodes(),
            *self._left(),
        ]
        return Imported("\n".join(lines) + "\n", tuple(self.warnings))

    def _warn(self, site: _Site, what: str, remedy: str) -> None:
        self.warnings.append(Complaint(site.where, what, remedy, warning=True))

    def _option(self, name: str) -> str:
        """An option that should be the same everywhere: that of the first file."""
        for site in self.sites[1:]:
            if site.options.get(name, "") != self.first.options.get(name, ""):
                what = f"{name} is not what {self.first.file} says, which is taken"
                self._warn(site, what, "make them alike, or choose in the cluster file")
        return self.first.options.get(name, "")

    def _kinds(self) -> dict[str, _Site]:
        found: dict[str, _Site] = {}
        for number, site in enumerate(self.sites, 1):
            stem = Path(site.file).stem.removeprefix("supervisord").strip("_-.")
            said = site.tags[0].lstrip("@") if site.tags else stem
            name = re.sub(r"[^a-z0-9_-]+", "_", said.lower()) or "node"
            found[name if name not in found else f"{name}_{number}"] = site
        return found

    def _kind_of(self, identifier: str) -> str:
        """The kind whose supervisord names itself so; else a guess."""
        for kind, site in self.kinds.items():
            if site.identifier and site.identifier == identifier:
                return kind
        unnamed = [kind for kind, site in self.kinds.items() if not site.identifier] or list(self.kinds)
        return next((kind for kind in unnamed if kind in identifier.lower()), unnamed[0])

    def _nodes(self) -> list[_Node]:
        items = dict.fromkeys(name for site in self.sites for name in site.names("supvisors_list"))
        if not items:
            what = "supvisors_list is not set, so that only this machine is known"
            self._warn(self.first, what, "add the other nodes to the cluster file")
        nodes: dict[str, _Node] = {}
        ports: dict[str, int] = {}
        for item in items or [platform.node()]:
            found = _ITEM.fullmatch(item)
            if found is None:
                self._warn(self.first, f"{item[:60]!r} in supvisors_list is not understood", "add it by hand")
                continue
            host = found["host"].strip("[]")
            identifier = found["nick"] or (f"{host}:{found['port']}" if found["port"] else host)
            name = _node_name(identifier)
            while name in nodes:
                name += "_"
            port = ports.get(host, FIRST_PORT)
            ports[host] = port + BETWEEN_NODES
            kind = self._kind_of(found["nick"] or host)
            nodes[name] = _Node(name, identifier, host, port, kind, self.kinds[kind].tags)
            if name != identifier:
                what = f"the node {identifier!r} is called {name!r}, since that is no name here"
                self._warn(self.first, what, "write so in rules files too")
        self._choose_core(list(nodes.values()))
        return list(nodes.values())

    def _choose_core(self, nodes: Sequence[_Node]) -> None:
        named = set(self.first.names("core_identifiers"))
        self.core_said = "taken from core_identifiers"
        for node in nodes:
            node.core = bool(named.intersection((node.identifier, node.name, node.host, *node.tags)))
        cores = sum(node.core for node in nodes)
        if not cores:
            self.core_said = (
                "chosen: core_identifiers names no node" if named else "chosen: it is not set there"
            )
            for node in nodes[: MOST_CORE if len(nodes) >= MOST_CORE else 1]:
                node.core = True
        elif cores % 2 == 0:
            what = f"core_identifiers means {cores} nodes, which outlive no more losses than {cores - 1}"
            self._warn(self.first, what, "make their number odd in the cluster file")

    def _cluster(self) -> list[str]:
        name = re.sub(r"[^A-Za-z0-9_.-]+", "_", self.first.options.get("software_name", "")).strip("_.-")[:60]
        if not name or not name[0].isalpha():
            name = f"cluster_{name}".rstrip("_")
        rules = self._rules()
        said = (
            "taken from rules_files" if rules else "rules_files names no file here: write rules, or copy them"
        )
        lines = [
            "[cluster]",
            f"name = {_text(name)}",
            f"rules = [{', '.join(map(_text, rules or ['rules.toml']))}]  # {said}",
            'keys = "keys"                 # tuiconsole keys init keys',
            'state_dir = "state/{node}"',
        ]
        choices = (("starting_strategy", StartingStrategy), ("conciliation_strategy", ConciliationStrategy))
        for option, words in choices:
            value = self._option(option).upper()
            if value in words.__members__:
                lines.append(f'{option} = "{value}"  # taken from {option}')
            elif value:
                self._warn(
                    self.first, f"{option} = {value[:40]} is not known, and left out", "choose another"
                )
        return lines

    def _rules(self) -> list[str]:
        """Absolute globs: Supvisors reads them relative to the folder in which supervisord was started."""
        found = []
        for pattern in self._option("rules_files").split():
            places = [Path.cwd() / pattern, Path(self.first.file).parent / pattern]
            real = next((place for place in places if matching(place)), places[0])
            if not matching(real):
                what = f"rules_files names {pattern!r}, which matches no file here"
                self._warn(self.first, what, "correct `rules` in the cluster file")
            found.append(os.path.normpath(real))
        return found

    def _synchronization(self) -> list[str]:
        words = [word.upper() for word in self.first.names("synchro_options")]
        known = [word for word in _SYNCHRO if word in words]
        if len(known) < len(set(words)):
            self._warn(
                self.first, "synchro_options names what is not known, and left out", "look whether it matters"
            )
        if not known:
            return ["", "# synchro_options is not set: a majority of the core nodes and a short while."]
        options = ", ".join(map(_text, known))
        lines = ["", "[synchronization]", f"synchro_options = [{options}]  # taken from synchro_options"]
        timeout = self.first.options.get("synchro_timeout", "15")
        if "TIMEOUT" in known and timeout.isascii() and timeout.isdigit():
            seconds = min(max(1, int(timeout[:6])), 3600)
            lines.append(f"synchro_timeout = {seconds}  # seconds, taken from synchro_timeout")
        core = [node.name for node in self.nodes if node.core]
        if "CORE" in known:
            lines.append(f"core_identifiers = [{', '.join(map(_text, core))}]  # taken from core_identifiers")
        return lines

    def _written_kinds(self) -> list[str]:
        lines = []
        for kind, site in self.kinds.items():
            tags = ", ".join(map(_text, site.tags))
            lines += ["", f"[kinds.{_key(kind)}]", f"supervisord = {_text(site.file)}"]
            lines.append(
                f"tags = [{tags}]  # taken from stereotypes" if tags else "# stereotypes is not set: no tags"
            )
        return lines

    def _written_nodes(self) -> list[str]:
        lines = []
        if len(self.kinds) > 1:
            lines += [
                "",
                "# Which node is of which kind is a guess, unless its file says `identifier`: correct it.",
            ]
        for node in self.nodes:
            lines += [
                "",
                f"[nodes.{_key(node.name)}]",
                f"kind = {_text(node.kind)}",
                f"host = {_text(node.host)}  # taken from supvisors_list: {_comment(node.identifier)}",
                f"port = {node.port}  # and the two after it; not the port of supervisord's own HTTP server",
            ]
            if node.core:
                lines.append(f"core = true  # {self.core_said}")
        return lines

    def _left(self) -> list[str]:
        lines = []
        for name, value in self.first.options.items():
            if why := _NO_EQUIVALENT.get(name):
                lines.append(f"# {name} = {_comment(value)}: {why}.")
            elif name == "disabilities_file":
                lines.append(f"# disabilities_file = {_comment(value)}: name them to `tuiconsole disable`.")
            elif name not in _TAKEN:
                lines.append(f"# {name} = {_comment(value)}: not known.")
                self._warn(self.first, f"the option {name} is not known", "look whether it matters")
        return ["", "# What has no place in this file:", *lines] if lines else []


def _node_name(identifier: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", identifier)[:60]
    return name if _NAME.fullmatch(name) else f"node_{name}"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(value: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in value)[:120]
