"""The cluster file: one TOML file, the same on every machine, names the nodes and how they work together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from tuiconsole.model.synchronization import Synchronization, SynchroOption
from tuiconsole.rulebook.rules import ConciliationStrategy, Isolation, StartingStrategy
from tuiconsole.settings.agreement import agreement
from tuiconsole.settings.cluster import PORTS_OF_A_NODE, Cluster, ClusterNode, Engine, Guard, Kind
from tuiconsole.settings.timing import PROFILES, Timing
from tuiconsole.source.errors import Complaint, Location
from tuiconsole.source.pattern import PatternError, check_pattern
from tuiconsole.source.table import Table
from tuiconsole.source.text import did_you_mean
from tuiconsole.source.toml import read_toml

FORMAT = 1

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_TAG = re.compile(r"@?[A-Za-z_][A-Za-z0-9_.-]{0,63}")
"""Supvisors' stereotypes, as in its rules: often written @SERVER."""
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ENDPOINT = re.compile(r"(https?://)?[A-Za-z0-9.\[\]:-]+:\d{1,5}")


def load_cluster(path: Path | str) -> Cluster:
    """Read and check a cluster file. Whether files of other machines exist is not checked (see check_local).

    Raises:
        SourceError: with one line for each thing that is wrong.
    """
    file = Path(path).resolve()
    return _Reader(file, Table.root(read_toml(file))).cluster()


class _Reader:
    """One reading of one file."""

    def __init__(self, file: Path, root: Table) -> None:
        self.file = file
        self.folder = file.parent
        self.root = root

    def cluster(self) -> Cluster:
        root = self.root
        version = root.integer("format", FORMAT, 1, 10**9, required=True)
        if version != FORMAT:
            root.complain("format", f"format {version} is not known", f"this version reads format {FORMAT}")
            root.raise_errors()
        general = root.table("cluster", required=True)
        name = general.text("name", required=True)
        if name and not _IDENTIFIER.fullmatch(name):
            general.complain("name", f"{name!r} is no name", "letters, digits, _ . - and at most 64 of them")
        coordinator = general.choice("coordinator", Engine, Engine.EMBEDDED)
        rules = general.texts("rules", required=True)
        keys = self.folder / general.text("keys", "keys")
        state_dir = self._of_node(general, "state_dir", "state/{node}")
        run_dir = self._of_node(general, "run_dir", "")
        guard = general.choice("guard", Guard, Guard.DENY)
        conciliation = general.choice(
            "conciliation_strategy", ConciliationStrategy, ConciliationStrategy.USER
        )
        starting = general.choice("starting_strategy", StartingStrategy, StartingStrategy.CONFIG)
        item = self._item(general)
        general.finish()
        endpoints = self._etcd(coordinator)
        timing = self._timing()
        isolation = self._isolation()
        kinds, origins = self._kinds()
        nodes = self._nodes(kinds, origins, state_dir, run_dir)
        self._check_nodes(nodes, coordinator)
        synchronization = self._synchronization(nodes)
        root.finish()
        warnings = root.raise_errors()
        return Cluster(
            file=self.file,
            name=name,
            coordinator=coordinator,
            etcd_endpoints=endpoints,
            rules=tuple(str(self.folder / pattern) for pattern in rules),
            keys=keys,
            guard=guard,
            item=item,
            timing=timing,
            synchronization=synchronization,
            isolation=isolation,
            conciliation=conciliation,
            starting=starting,
            kinds=kinds,
            nodes=nodes,
            agreement=agreement(root.data, name, coordinator, endpoints, guard, nodes.values(), timing),
            warnings=warnings,
        )

    def _of_node(self, table: Table, key: str, default: str) -> str:
        """A path that holds {node}, since nodes of one machine must not share it."""
        value = table.text(key, default)
        braces = set(re.findall(r"\{.*?\}|[{}]", value))
        if value and braces != {"{node}"}:
            table.complain(
                key,
                f"{table.name(key)} = {value!r} must hold {{node}}, and no other braces",
                f'"{key}/{{node}}"',
            )
        return value

    def _item(self, table: Table) -> str:
        pattern = table.text("item")
        if not pattern:
            return ""
        try:
            compiled = check_pattern(pattern)
        except PatternError as error:
            table.complain("item", f"item {pattern!r} is no usable regular expression: {error}", error.remedy)
            return ""
        if "item" not in compiled.groupindex:
            table.complain(
                "item", f"item {pattern!r} has no group (?P<item>…)", "name the group that holds the item"
            )
        unknown = sorted(set(compiled.groupindex) - {"item", "part"})
        if unknown:
            table.complain(
                "item", f"item {pattern!r} has the group {unknown[0]}", "only part and item are known"
            )
        return pattern

    def _etcd(self, coordinator: Engine) -> tuple[str, ...]:
        if not self.root.has("etcd"):
            if coordinator is Engine.ETCD:
                where = self.root.table("cluster")
                where.complain(
                    "coordinator", "no etcd endpoints are named", 'add [etcd] endpoints = ["host:2379"]'
                )
            return ()
        table = self.root.table("etcd")
        endpoints = table.texts("endpoints", required=True)
        for endpoint in endpoints:
            if not _ENDPOINT.fullmatch(endpoint):
                table.complain("endpoints", f"{endpoint!r} is no endpoint", "expected host:port")
        if not endpoints and table.has("endpoints"):
            table.complain("endpoints", "etcd.endpoints is empty", 'expected ["host:2379"]')
        table.finish()
        if coordinator is not Engine.ETCD:
            table.complain("", "[etcd] is not used", 'set coordinator = "etcd" or remove it', warning=True)
        return endpoints

    def _timing(self) -> Timing:
        table = self.root.table("timing")
        profile = table.text("profile", "default")
        if profile not in PROFILES:
            table.complain(
                "profile", f"timing.profile = {profile!r} is not known", did_you_mean(profile, PROFILES)
            )
            profile = "default"
        base = PROFILES[profile]
        values = {field: table.number(field) for field in Timing.__struct_fields__}
        table.finish()
        given = {field: value for field, value in values.items() if value is not None}
        try:
            return Timing(**{**msgspec.structs.asdict(base), **given})
        except ValueError as error:
            key = next((field for field in given if re.search(rf"\b{field}\b", str(error))), "")
            table.complain(key, f"timing: {error}", "change the values, or leave them out")
            return base

    def _synchronization(self, nodes: Mapping[str, ClusterNode]) -> Synchronization:
        if not self.root.has("synchronization"):
            return Synchronization()
        table = self.root.table("synchronization")
        options = []
        for word in table.texts("synchro_options", required=True):
            if word not in SynchroOption.__members__:
                remedy = did_you_mean(word, SynchroOption.__members__)
                what = f"synchro_options names {word!r}, which is none"
                table.complain("synchro_options", what, f"{remedy}; {', '.join(SynchroOption.__members__)}")
            else:
                options.append(SynchroOption(word))
        timeout = table.number("synchro_timeout")
        if timeout is not None and not 1 <= timeout <= 3600:
            what = f"synchro_timeout = {timeout:g} is out of range"
            table.complain("synchro_timeout", what, "expected 1 to 3600 seconds")
        if timeout is not None and SynchroOption.TIMEOUT not in options:
            what = "synchro_timeout counts only for TIMEOUT"
            table.complain("synchro_timeout", what, "add it to synchro_options", warning=True)
        core = self._core_identifiers(table, nodes)
        table.finish()
        return Synchronization(tuple(dict.fromkeys(options)), timeout or Synchronization().timeout, core)

    def _core_identifiers(self, table: Table, nodes: Mapping[str, ClusterNode]) -> tuple[str, ...]:
        """Names of nodes or tags; the core nodes if it is not said."""
        found: dict[str, None] = {}
        for identifier in table.texts("core_identifiers"):
            meant = [node.name for node in nodes.values() if identifier in (node.name, *node.tags)]
            if not meant:
                what = f"core_identifiers names {identifier!r}, which no node bears"
                table.complain("core_identifiers", what, did_you_mean(identifier, nodes))
            found.update(dict.fromkeys(meant))
        return tuple(found) or tuple(node.name for node in nodes.values() if node.core)

    def _isolation(self) -> tuple[tuple[str, Isolation], ...]:
        table = self.root.table("isolation")
        found = []
        for pattern in table.data:
            value = table.choice(pattern, Isolation, Isolation.STOP)
            try:
                check_pattern(pattern)
            except PatternError as error:
                table.complain(pattern, f"isolation pattern {pattern!r}: {error}", error.remedy)
                continue
            found.append((pattern, value))
        return tuple(found)

    def _kinds(self) -> tuple[dict[str, Kind], dict[str, Location]]:
        kinds: dict[str, Kind] = {}
        origins: dict[str, Location] = {}
        for name, table in self.root.named_tables("kinds"):
            supervisord = self.folder / table.text("supervisord", required=True)
            tags = table.texts("tags")
            for tag in tags:
                if not _TAG.fullmatch(tag):
                    table.complain(
                        "tags", f"{tag!r} is no tag", "letters, digits, _ . - and at most 64 of them"
                    )
            variables = table.table("env")
            env = {key: variables.text(key) for key in variables.data}
            for key, value in env.items():
                if not _VARIABLE.fullmatch(key) or key.startswith("TUICONSOLE_"):
                    why = (
                        "is set by tuiconsole"
                        if key.startswith("TUICONSOLE_")
                        else "is no name of a variable"
                    )
                    variables.complain(key, f"{key!r} {why}", "choose another name")
                if "\0" in value:
                    variables.complain(key, f"{key} holds a NUL character", "remove it")
            table.finish()
            kinds[name] = Kind(name, supervisord, tags, env)
            origins[name] = table.where("supervisord")
        return kinds, origins

    def _nodes(
        self, kinds: Mapping[str, Kind], origins: Mapping[str, Location], state_dir: str, run_dir: str
    ) -> dict[str, ClusterNode]:
        nodes: dict[str, ClusterNode] = {}
        for name, table in self.root.named_tables("nodes"):
            if not _IDENTIFIER.fullmatch(name):
                remedy = "a letter or _, then letters, digits, _ . - and at most 64 of them"
                table.complain("", f"{name!r} is no name of a node", remedy)
            kind = table.text("kind", required=True)
            if kind and kind not in kinds:
                remedy = did_you_mean(kind, kinds) if kinds else f"add [kinds.{kind}]"
                table.complain("kind", f"kind {kind!r} of {name} is not known", remedy)
            host = table.text("host", required=True).lower()
            if host and (not _HOST.fullmatch(host) or host in {"0.0.0.0", "::"}):
                table.complain(
                    "host", f"{host!r} is no address that others reach", "an IP address or a host name"
                )
            port = table.integer("port", 0, 1, 65535 - PORTS_OF_A_NODE + 1, required=True)
            core = table.flag("core", default=False)
            table.finish()
            shared = kinds.get(kind, Kind(kind, self.folder))
            nodes[name] = ClusterNode(
                name=name,
                kind=kind,
                host=host,
                port=port,
                core=core,
                tags=shared.tags,
                supervisord=shared.supervisord,
                env=shared.env,
                state_dir=self.folder / state_dir.replace("{node}", name),
                run_dir=self.folder / run_dir.replace("{node}", name) if run_dir else None,
                origin=table.where(),
                kind_origin=origins.get(kind, table.where()),
            )
        return nodes

    def _check_nodes(self, nodes: Mapping[str, ClusterNode], coordinator: Engine) -> None:
        where = self.root.table("nodes")
        if not nodes:
            self.root.complain("", "no node is named", "add [nodes.NAME] with kind, host and port")
            return
        taken: dict[tuple[str, int], str] = {}
        for node in nodes.values():
            for port in range(node.port, node.port + PORTS_OF_A_NODE) if node.port and node.host else ():
                other = taken.setdefault((node.host, port), node.name)
                if other != node.name:
                    self.root.complaints.append(
                        Complaint(
                            self.root.where("nodes", node.name, "port"),
                            f"{node.name} and {other} both use port {port} of {node.host}",
                            f"each node takes {PORTS_OF_A_NODE} ports from its own on: move {node.name}",
                        )
                    )
                    break
        voters = sum(node.core for node in nodes.values())
        if not voters:
            where.complain(
                "", "no node is a core node, so that none can be elected", "add core = true to one or three"
            )
        elif voters % 2 == 0 and coordinator is Engine.EMBEDDED:
            what = f"{voters} core nodes outlive no more losses than {voters - 1}"
            where.complain("", what, "make their number odd", warning=True)
