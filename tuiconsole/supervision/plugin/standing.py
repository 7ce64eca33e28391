"""What the plugin must not forget when supervisord or the machine restarts.

The greatest term and epoch seen, the floor of each grant (no token at or below it is ever obeyed again), and
the list of managed names in force. One small JSON file, replaced atomically and synced before the answer that
rests on it. The directory is opened while supervisord still has its first user's rights and is used by its
descriptor.
"""

from __future__ import annotations

import binascii
import json
import os
from typing import NamedTuple

from tuiconsole.supervision.plugin.local_rules import LocalRules

FILE_NAME = "plugin.json"
_DRAFT = FILE_NAME + ".new"


class Managed(NamedTuple):
    """A managed program: under which grant it runs, and what it does when its node is isolated."""

    grant: str
    isolation: str


class StandingOrders:
    """The persisted facts. Change them through the methods, which return only when the disk has them.

    What the disk does not take (OSError) is not known: as if whoever said it had not been heard.

    Raises:
        ValueError: the file is damaged; the message names it and the remedy.
    """

    def __init__(self, directory_fd: int, shown_path: str) -> None:
        self._dir = directory_fd
        self._path = shown_path
        self.term = 0
        self.epoch = 0
        self.floors: dict[str, tuple[int, int]] = {}
        self.managed: dict[str, Managed] = {}
        self.disabled: dict[str, str] = {}
        """By namespec: who has disabled it, in words. Nobody starts it."""
        self.scales: dict[str, int] = {}
        """By `group:program`: how many processes it has, whatever supervisord's file says."""
        self.guard = "deny"
        """Whether a managed program without a grant is denied its start, or only reported."""
        self.local = LocalRules()
        """The groups that the node's own rules name. Not on this disk: the agent says it at each start."""
        self._load()

    @property
    def directory_fd(self) -> int:
        """The open directory: it must survive supervisord's reload."""
        return self._dir

    def entry(self, group: str, namespec: str) -> Managed | None:
        """Under what a program is managed, by the master's list or else by the node's own rules."""
        listed = self.managed.get(namespec)
        if listed is None and self.local.name(group):
            return Managed(group, "STOP")
        return listed

    def floor(self, grant: str) -> tuple[int, int]:
        """The greatest token that is void for `grant`; (0, 0) if none is."""
        return self.floors.get(grant, (0, 0))

    def see(self, term: int, epoch: int) -> None:
        """Remember a term and an epoch, if they are greater than those known."""
        if term > self.term or epoch > self.epoch:
            self._change(term=max(term, self.term), epoch=max(epoch, self.epoch))

    def raise_floor(self, grant: str, floor: tuple[int, int]) -> None:
        """Void all tokens of `grant` up to and including `floor`."""
        if floor > self.floor(grant):
            self._change(floors={**self.floors, grant: floor})

    def manage(
        self, managed: dict[str, Managed], guard: str, disabled: dict[str, str], scales: dict[str, int]
    ) -> None:
        """Replace the lists of names that are managed, disabled, scaled, and say what the guard does."""
        if (managed, guard, disabled, scales) != (self.managed, self.guard, self.disabled, self.scales):
            self._change(managed=managed, guard=guard, disabled=disabled, scales=scales)

    def govern(self, namespec: str, managed: Managed) -> None:
        """Put one program's entry in force, whatever the list said of it."""
        if self.managed.get(namespec) != managed:
            self._change(managed={**self.managed, namespec: managed})

    def _change(self, **fields: object) -> None:
        before = {name: getattr(self, name) for name in fields}
        vars(self).update(fields)
        try:
            self._save()
        except BaseException:
            vars(self).update(before)
            raise

    def _save(self) -> None:
        body = json.dumps(
            {
                "term": self.term,
                "epoch": self.epoch,
                "floors": self.floors,
                "managed": self.managed,
                "guard": self.guard,
                "disabled": self.disabled,
                "scales": self.scales,
            },
            sort_keys=True,
        )
        text = json.dumps({"crc": binascii.crc32(body.encode()), "body": body})
        fd = os.open(_DRAFT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600, dir_fd=self._dir)
        try:
            rest = memoryview(text.encode())
            while rest:  # a disk that fills up takes a part
                rest = rest[os.write(fd, rest) :]
            os.fsync(fd)
        finally:
            os.close(fd)
        os.replace(_DRAFT, FILE_NAME, src_dir_fd=self._dir, dst_dir_fd=self._dir)
        os.fsync(self._dir)

    def _load(self) -> None:
        try:
            fd = os.open(FILE_NAME, os.O_RDONLY, dir_fd=self._dir)
        except FileNotFoundError:
            return
        with os.fdopen(fd, "rb") as file:
            text = file.read()
        try:
            outer = json.loads(text)
            body = outer["body"]
            if binascii.crc32(body.encode()) != outer["crc"]:
                raise ValueError("checksum")
            known = json.loads(body)
            self.term, self.epoch = int(known["term"]), int(known["epoch"])
            self.floors = {
                grant: (int(term), int(number)) for grant, (term, number) in known["floors"].items()
            }
            self.managed = {name: Managed(*entry) for name, entry in known["managed"].items()}
            self.guard = str(known["guard"])
            # Younger than the rest: a file of an earlier version has neither.
            self.scales = {str(key): int(number) for key, number in known.get("scales", {}).items()}
            self.disabled = {str(name): str(who) for name, who in known.get("disabled", {}).items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ValueError(
                f"{self._path}/{FILE_NAME} is damaged: which tokens are void is not known. "
                "Remove the file once nothing of this node runs and the cluster has raised its epoch"
            ) from None
