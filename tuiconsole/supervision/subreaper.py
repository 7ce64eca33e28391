"""The parent of supervisord, which outlives the agent: a subreaper without logic, started by `shim.py`.

All orphans of supervisord's programs become its children (PR_SET_CHILD_SUBREAPER), so when supervisord has
died it kills them, over and over until waitpid says that no child is left: that, and nothing less, is the
proof of death that it reports. It kills only its own children: a child's pid cannot be taken by another
process before this one has reaped it, so plain kill(2) is exact here, with no need of a pidfd.

It holds an flock on `shim.lock` for its life and listens on `shim.sock`. A line to it is `spawn JSON`,
`terminate`, `kill` or `exit`; each of its lines is JSON. On connect it says who it is and what it has; then
`{"spawned": pid}`, `{"exited": status}` (as a shell would count: negative for a signal), `{"empty": true}`,
`{"deadline": signals}` when it had to kill at its deadline, `{"error": text}`.

It also holds the last of the node's deadlines (`last_resort.py`): it acts when supervisord does not.

A shim that was itself killed leaves processes without a parent that knows them. So the tags of all shims of a
run directory are kept in `instances`, and a new shim first kills every process that bears one of them.

Memory is the reason for some oddities (this process is idle beside each supervisord): it uses the C modules
below `socket` and `signal`, and leaves JSON to the child that becomes supervisord. Standard library only, and
only what `-I -S` finds.
"""

from __future__ import annotations

import _socket
import fcntl
import os
import select
import time

try:
    from tuiconsole.supervision.last_resort import LastResort
except ImportError:  # as the shim, which has this directory alone
    from last_resort import LastResort  # type: ignore[import-not-found, no-redef]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

LOCK_NAME = "shim.lock"
SOCKET_NAME = "shim.sock"
STDERR_NAME = "supervisord.stderr"
INSTANCES_NAME = "instances"
TAG_VARIABLE = b"TUICONSOLE_INSTANCE="

EXIT_FAILED = 1
EXIT_LOCKED = 3
"""Another shim holds the run directory."""

LINE_MAX = 1 << 20
"""Bytes of a command: the environment of supervisord is the longest part."""
CLIENTS_MAX = 8
PATH_MAX = 107

_SIGKILL, _SIGTERM, _SIGPIPE = 9, 15, 13
_KILL_INTERVAL = 10
"""Milliseconds between two rounds of killing."""
_REAP_INTERVAL = 5000
"""Milliseconds between two looks for orphans that ended while supervisord lives."""


class Shim:
    """The whole state: one supervisord at most, and the clients that listen."""

    def __init__(self, run_dir: str, shim_id: str, incarnation: str, lock_fd: int) -> None:
        self.run_dir = run_dir
        self.shim_id = shim_id
        self.incarnation = incarnation
        self.lock_fd = lock_fd
        self.supervisord = 0
        self.pidfd = -1
        self.status: int | None = None
        """How the last supervisord ended; None if it has not."""
        self.clearing = False
        """True from supervisord's end until no child is left."""
        self.leaving = False
        self.clients: dict[int, tuple[_socket.socket, bytearray]] = {}
        self.last_resort = LastResort(run_dir, first_line("/proc/sys/kernel/random/boot_id"), incarnation)
        self.listener = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        self.poller = select.poll()

    def listen(self) -> None:
        """Bind the socket, for this user only; a leftover is ours to replace, because we hold the lock."""
        path = join(self.run_dir, SOCKET_NAME)
        remove(path)
        umask = os.umask(0o177)
        self.listener.bind(path)
        os.umask(umask)
        self.listener.listen(8)
        self.listener.setblocking(False)
        self.poller.register(self.listener.fileno(), select.POLLIN)

    def serve(self) -> None:
        """Until `exit` is obeyed."""
        while not self.leaving:
            if self.clearing:
                self.kill_children()
            for fd, _ in self.poller.poll(self.patience()):
                if fd == self.listener.fileno():
                    self.accept()
                elif fd in self.clients:
                    self.read(fd)
            self.reap()
        remove(join(self.run_dir, SOCKET_NAME))

    def patience(self) -> float:
        """Milliseconds until there is something to do; at the deadline, do it."""
        if self.clearing:
            return _KILL_INTERVAL
        if not self.supervisord:
            return _REAP_INTERVAL
        wait = self.last_resort.look(self.supervisord)
        if self.last_resort.killed and not self.last_resort.busy:
            self.tell_all(f'{{"deadline": {self.last_resort.killed}}}')
            self.last_resort.killed = 0
        return wait * 1000

    def accept(self) -> None:
        """A new client: greet it."""
        try:
            fd, _ = self.listener._accept()  # type: ignore[attr-defined]  # noqa: SLF001 (what socket.accept calls)
        except OSError:
            return
        sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, fd)
        if len(self.clients) >= CLIENTS_MAX:
            sock.close()
            return
        sock.setblocking(False)
        self.clients[fd] = (sock, bytearray())
        self.poller.register(fd, select.POLLIN)
        children = len(children_of(os.getpid()))
        self.say(
            fd,
            f'{{"shim": "{self.shim_id}", "incarnation": "{self.incarnation}", "pid": {os.getpid()}, '
            f'"boot_id": "{first_line("/proc/sys/kernel/random/boot_id")}", "machine_id": "{machine_id()}", '
            f'"supervisord": {self.supervisord or "null"}, "children": {children}, '
            f'"exited": {"null" if self.status is None else self.status}}}',
        )

    def say(self, fd: int, text: str) -> None:
        """One line to one client; it is dropped if it does not take it."""
        line = text.encode() + b"\n"
        try:
            whole = self.clients[fd][0].send(line) == len(line)
        except OSError:
            whole = False
        if not whole:
            self.drop(fd)

    def tell_all(self, text: str) -> None:
        """One line to all clients."""
        for fd in list(self.clients):
            self.say(fd, text)

    def drop(self, fd: int) -> None:
        """Part with a client."""
        if fd in self.clients:
            self.poller.unregister(fd)
            self.clients.pop(fd)[0].close()

    def read(self, fd: int) -> None:
        """Take a client's bytes; obey each whole line."""
        sock, pending = self.clients[fd]
        try:
            data = sock.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.drop(fd)
            return
        pending += data
        while fd in self.clients:
            line, found, rest = bytes(pending).partition(b"\n")
            if not found:
                break
            pending[:] = rest
            self.obey(fd, line)
        if len(pending) > LINE_MAX:
            self.say(fd, f'{{"error": "a line may have {LINE_MAX} bytes at most"}}')
            self.drop(fd)

    def obey(self, fd: int, line: bytes) -> None:
        """One command."""
        command, _, rest = line.partition(b" ")
        busy = bool(self.supervisord or self.clearing or children_of(os.getpid()))
        if command == b"spawn":
            if busy:
                self.say(fd, '{"error": "supervisord or one of its processes is alive"}')
            else:
                self.spawn(rest)
        elif command == b"terminate":
            if self.supervisord:
                os.kill(self.supervisord, _SIGTERM)
            else:
                self.clear()
        elif command == b"kill":
            if self.supervisord:
                os.kill(self.supervisord, _SIGKILL)
            else:
                self.clear()
        elif command == b"exit":
            if busy:
                self.say(fd, '{"error": "supervisord or one of its processes is alive"}')
            else:
                self.leaving = True
        else:
            self.say(fd, '{"error": "unknown command: spawn JSON, terminate, kill, exit"}')

    def spawn(self, order: bytes) -> None:
        """Fork; the child reads the order and becomes supervisord."""
        pid = os.fork()
        if pid == 0:
            become(order, join(self.run_dir, STDERR_NAME))
        self.supervisord = pid
        self.status = None
        self.pidfd = os.pidfd_open(pid)
        self.poller.register(self.pidfd, select.POLLIN)
        self.tell_all(f'{{"spawned": {pid}}}')

    def reap(self) -> None:
        """Collect the dead: supervisord, and orphans that came to us."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                if self.clearing:
                    self.clearing = False
                    self.tell_all('{"empty": true}')
                return
            if pid == 0:
                return
            if pid == self.supervisord:
                self.poller.unregister(self.pidfd)
                os.close(self.pidfd)
                self.supervisord = 0
                self.status = os.waitstatus_to_exitcode(status)
                self.tell_all(f'{{"exited": {self.status}, "pid": {pid}}}')
                self.clear()

    def clear(self) -> None:
        """From now on kill until no child is left, then say so."""
        self.clearing = True
        self.kill_children()

    def kill_children(self) -> None:
        """SIGKILL to each child of this process; their children come to us and are met in the next round."""
        for pid in children_of(os.getpid()):
            kill(pid)


def kill(pid: int) -> bool:
    """SIGKILL; False if the process is gone. Another user's (a set-user-ID program's) counts as alive."""
    try:
        os.kill(pid, _SIGKILL)
    except ProcessLookupError:
        return False
    except PermissionError:  # its own end is awaited
        return True
    return True


def become(order: bytes, stderr_path: str) -> NoReturn:
    """In the child: exec what the order says, `{"argv": [...], "env": {...}, "cwd": path or null}`."""
    try:
        os.setpgid(0, 0)
        null = os.open("/dev/null", os.O_RDWR)
        stderr = os.open(stderr_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        os.dup2(null, 0)
        os.dup2(null, 1)
        os.dup2(stderr, 2)
        import json

        wanted = json.loads(order)
        if wanted.get("cwd"):
            os.chdir(wanted["cwd"])
        import _signal  # type: ignore[import-not-found]  # the C module below signal

        _signal.signal(_SIGPIPE, _signal.SIG_DFL)
        os.execve(wanted["argv"][0], wanted["argv"], wanted["env"])  # noqa: S606 (it becomes supervisord)
    except BaseException as error:  # noqa: BLE001 (the child of a fork must not go on as a second shim)
        os.write(2, f"Error: cannot start supervisord: {error}\n".encode())
    finally:
        os._exit(127)


def join(directory: str, name: str) -> str:
    """A path below a directory."""
    return directory + "/" + name


def remove(path: str) -> None:
    """Unlink what may be there."""
    try:
        os.unlink(path)  # noqa: PTH108 (pathlib costs memory)
    except FileNotFoundError:
        return


def first_line(path: str) -> str:
    """The first line of a file, or nothing."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return ""
    try:
        return os.read(fd, 256).split(b"\n")[0].decode("ascii", "replace").strip()
    finally:
        os.close(fd)


def machine_id() -> str:
    """As `tuiconsole.clock.machine_id`, which cannot be imported here."""
    return (
        first_line("/etc/machine-id")
        or first_line("/var/lib/dbus/machine-id")
        or first_line("/proc/sys/kernel/hostname")
    )


def read_file(path: str) -> bytes:
    """All bytes of a file of /proc; nothing if it is gone or not ours to read."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    text = b""
    try:
        while part := os.read(fd, 1 << 16):
            text += part
    except OSError:
        return b""
    finally:
        os.close(fd)
    return text


def pids() -> list[int]:
    """All processes that can be seen."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 (pathlib costs memory)


def children_of(parent: int) -> list[int]:
    """The living and the dead children of a process: /proc/PID/task/TID/children is not in every kernel."""
    found = []
    for pid in pids():
        stat = read_file(f"/proc/{pid}/stat")
        if stat and int(stat[stat.rindex(b")") + 2 :].split()[1]) == parent:
            found.append(pid)
    return found


def sweep(run_dir: str, incarnation: str) -> None:
    """Kill what earlier shims of this run directory have left, until nothing is; then put our own tag."""
    path = join(run_dir, INSTANCES_NAME)
    tags = [TAG_VARIABLE + line for line in read_file(path).split(b"\n") if line]
    while tags:
        found = False
        for pid in pids():
            if pid == os.getpid():
                continue
            items = read_file(f"/proc/{pid}/environ").split(b"\0")
            if any(tag in items for tag in tags):
                found = kill(pid) or found
        if not found:
            break
        time.sleep(0.01)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.write(fd, incarnation.encode() + b"\n")
    os.close(fd)


def fail(reason: str, status: int) -> NoReturn:
    """Say why on stderr and leave."""
    os.write(2, (reason + "\n").encode())
    os._exit(status)


def main(argv: list[str]) -> None:
    """Take the lock, sweep, listen, say `ready` on stdout, serve."""
    run_dir, shim_id, incarnation = argv[:3]
    if len(os.fsencode(join(run_dir, SOCKET_NAME))) > PATH_MAX:
        fail(
            f"the run directory {run_dir} is too long: a socket's path may have {PATH_MAX} bytes", EXIT_FAILED
        )
    try:
        lock_fd = os.open(join(run_dir, LOCK_NAME), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fail(f"{run_dir} is held by another shim", EXIT_LOCKED)
        sweep(run_dir, incarnation)
        shim = Shim(run_dir, shim_id, incarnation, lock_fd)
        shim.listen()
    except OSError as error:
        fail(f"the run directory {run_dir} cannot be used: {error}", EXIT_FAILED)
    os.write(1, b"ready\n")
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    shim.serve()
