"""Runs the user's own supervisord.conf, unchanged, with the plugin in it.

A file to run by its path:

    python supervisord.py --run-dir DIR --state-dir DIR --incarnation TAG --shim PID -- SUPERVISORD_OPTIONS

It is supervisor's own main program with a subclass of its options: nothing of the user's file is copied or
merged, so `%(here)s`, `[include]` globs, `%(ENV_x)s`, numprocs, authentication, `user=`, `directory=`, reload
and SIGHUP mean what they always mean, and supervisorctl works. Directories come as arguments, not in the
environment, which the programs would inherit; so does the path of this package, which the programs must not
find in PYTHONPATH.

`user=`: sockets, state directory and deadline record are opened before the privileges are dropped, and their
descriptors survive a reload.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # This file's own directory must not shadow modules; the package's root must be found.
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120
    from tuiconsole.openssl import leave_out, let_in_when_asked

    leave_out()

import contextlib
import getopt
import socket

from supervisor import supervisord as stock
from supervisor.options import ServerOptions
from supervisor.states import SupervisorStates

from tuiconsole.supervision.plugin.plugin import Place, Plugin
from tuiconsole.supervision.plugin.scaling import put_in_force, read_section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class LaunchedOptions(ServerOptions):  # type: ignore[misc]  # supervisor has no types
    """Supervisor's options with the plugin's hooks. `place` and `plugin` are set by `main`."""

    place: Place
    plugin: Plugin | None = None
    """Shared by all options objects of this process: a reload makes new ones."""
    sections: Any = None
    """The parser of the user's files, as they were read last."""

    def set_uid_or_exit(self) -> None:
        """Open what needs the first user's rights, then drop them."""
        if LaunchedOptions.plugin is None:
            owner = None if self.uid is None else (self.uid, self.gid)
            try:
                LaunchedOptions.plugin = Plugin(self.place, owner)
            except (OSError, ValueError) as error:
                self.usage(str(error))
        super().set_uid_or_exit()
        self._live_plugin().bind_to_shim()
        # The files were read before the numbers in force were known.
        for config in self.process_group_configs:
            put_in_force(self, config, self._live_plugin().orders.scales)

    def process_groups_from_parser(self, parser: Any) -> Any:
        """Keep what was read: a program that is scaled is read again."""
        self.sections = parser
        return super().process_groups_from_parser(parser)

    def processes_from_section(self, parser: Any, section: str, group_name: str, klass: Any = None) -> Any:
        """See `scaling`."""
        scales = self.plugin.orders.scales if self.plugin is not None else {}
        told = len(self.parse_warnings)
        found = read_section(super().processes_from_section, parser, section, group_name, klass, scales)
        # It may have been read several times.
        self.parse_warnings[told:] = dict.fromkeys(self.parse_warnings[told:])
        return found

    def section_again(self, section: str, group_name: str, klass: Any) -> list[Any]:
        """The processes of a section by the numbers that are in force now."""
        found: list[Any] = self.processes_from_section(self.sections, section, group_name, klass)
        return found

    def openhttpservers(self, supervisord: Any) -> None:
        """The plugin needs no HTTP server, and comes after those of the user's file."""
        for config in self.server_configs:
            if config["family"] is socket.AF_UNIX:
                remove_if_stale(config["file"])
        super().openhttpservers(supervisord)
        self._live_plugin().attach(supervisord)

    def setsignals(self) -> None:
        """In the foreground, stock supervisord skips `directory=` and `umask=`: here they hold."""
        super().setsignals()
        os.umask(self.umask)
        if self.directory:
            try:
                os.chdir(self.directory)
            except OSError as error:
                self.logger.critical(f"can't chdir into {self.directory!r}: {error}")

    def cleanup_fds(self) -> None:
        """Close what a reload may have leaked, but not what the plugin keeps."""
        start = 5
        for fd in sorted(self._live_plugin().kept_fds):
            if fd >= start:
                os.closerange(start, fd)
                start = fd + 1
        os.closerange(start, self.minfds)

    def cleanup(self) -> None:
        """Leave the main loop before its poller is closed."""
        if self.plugin is not None:
            self.plugin.detach()
        super().cleanup()

    def fork(self) -> int:
        """See `spawning`."""
        attachment = self._live_plugin().attachment
        return os.fork() if attachment is None else attachment.spawning.fork()

    def execve(self, filename: str, argv: list[str], env: Mapping[str, str]) -> None:
        """See `spawning`."""
        attachment = self._live_plugin().attachment
        if attachment is None:
            super().execve(filename, argv, env)
        else:
            attachment.spawning.execve(filename, argv, env)

    def waitpid(self) -> tuple[int | None, int | None]:
        """Tell the plugin first: supervisor reduces any signal to -1, and knows nothing of the deadman's."""
        pid, status = super().waitpid()
        if pid and status is not None and self.plugin is not None and self.plugin.attachment is not None:
            self.plugin.attachment.reaped(pid, status)
        return pid, status

    def _live_plugin(self) -> Plugin:
        assert self.plugin is not None, "set_uid_or_exit comes first"
        return self.plugin


def remove_if_stale(path: str) -> None:
    """Unlink a unix socket at which nobody listens any more; supervisor itself would sleep 0.3 s over it."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            with contextlib.suppress(OSError):
                os.unlink(path)  # noqa: PTH108 (pathlib costs memory)
        except OSError:
            return  # not there, or for supervisor to complain about


def main(argv: list[str]) -> int:
    """Supervisor's main program; returns its exit status."""
    try:
        pairs, rest = getopt.getopt(argv, "", ["run-dir=", "state-dir=", "incarnation=", "shim="])
        given = dict(pairs)
        LaunchedOptions.place = Place(
            os.path.abspath(given["--run-dir"]),  # noqa: PTH100 (pathlib costs memory)
            os.path.abspath(given["--state-dir"]),  # noqa: PTH100
            given["--incarnation"],
            int(given.get("--shim", 0)),
        )
    except (getopt.GetoptError, KeyError, ValueError) as error:
        sys.stderr.write(f"Error: {error}; usage: see the module's text\n")
        return 2
    first = True
    while True:  # SIGHUP and reload come back here, as in supervisor's own main
        options = LaunchedOptions()
        options.realize(rest, doc=stock.__doc__)
        options.first = first
        options.test = False
        stock.go(options)
        options.close_httpservers()
        options.close_logger()
        first = False
        if options.mood < SupervisorStates.RESTARTING:
            return 0


if __name__ == "__main__":
    let_in_when_asked()
    sys.exit(main(sys.argv[1:]))
