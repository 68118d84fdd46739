"""The running server: claiming the cluster, starting on a free port, stopping."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NoReturn

from app.local.embedded_postgres.errors import EmbeddedPostgresError
from app.local.embedded_postgres.programs import Account

CHILD = Path(__file__).with_name("child.py")

# None of the caller's PG… variables, nor its locale, reaches the server.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}

# The log holds no text that a caller sent: neither statements, of which psycopg writes some with their values, nor
# parameters, nor the details of errors. Messages of errors may quote values: the roles log none (roles.py).
DISCREET_LOG = {
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
SETTINGS = DISCREET_LOG | {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # Its path may be too long, and not everyone may reach it.
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "lc_messages": "C",  # The log is read below.
    # A query whose client was killed ends soon, even when the postmaster was killed with it.
    "client_connection_check_interval": "2s",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

PORTS_TRIED = 5
# How many seconds an earlier run's server has to end, and the signal that it gets if it does not: it began
# to shut down when its starter died.
PATIENCE = ((20.0, signal.SIGQUIT), (10.0, signal.SIGKILL), (10.0, None))
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 7.0  # Seconds before it is started again: seven times, in 13 s, and no longer.
STEADY_SECONDS = 60.0  # A server that ran for so long is given all its starts again.
WAL_SEGMENT_BYTES = 16 * 1024 * 1024  # PostgreSQL ends by itself if it cannot make the next one.
SECONDS_TO_START = 120.0  # Recovery after a crash may replay all of max_wal_size.


def command_on(directory: int, account: Account, program: Path, options: Sequence[str]) -> list[str]:
    """A command that runs as the account and dies with this process, on the cluster's open directory.

    The program inherits the descriptor, whose path under /proc leads straight to the directory: the account
    needs no way through those above, be it in root's home or another closed one, and the data stays where
    it was put.
    """
    become = [sys.executable, "-I", "-S", str(CHILD), str(os.getpid()), str(account.uid), str(account.gid)]
    return [*become, str(program), "-D", f"/proc/self/fd/{directory}", *options]


@contextmanager
def claimed(cluster: Path) -> Iterator[int]:
    """Wait until nothing is left of an earlier run, then hold the cluster's directory open and locked.

    The postmaster and all that it forks inherit the lock with the descriptor, and hold it while they live.
    So the lock shows for certain whether any of them does, which `postmaster.pid` cannot: that file may name
    a process that is gone, a zombie that no one reaped, or a stranger that got its number, and PostgreSQL
    would refuse to start beside the last two.
    """
    directory = os.open(cluster, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _wait_for_lock(directory, cluster)
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        yield directory
    finally:
        os.close(directory)


def _wait_for_lock(directory: int, cluster: Path) -> None:
    for patience, number in PATIENCE:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            try:
                return fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.02)
        postmaster = _postmaster_of(cluster)
        if number is not None and postmaster is not None:
            with suppress(ProcessLookupError):
                os.kill(postmaster, number)
    raise EmbeddedPostgresError(
        f"Processes of a PostgreSQL that was killed still use {cluster}. End them, then start again."
    )


def _postmaster_of(cluster: Path) -> int | None:
    """The process that `postmaster.pid` names, if it is a PostgreSQL that works in this cluster."""
    try:
        pid = int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        process = Path("/proc") / str(pid)
        is_ours = (process / "comm").read_text() == "postgres\n" and process.stat().st_uid == cluster.stat().st_uid
        # A container's root may not look where other users' processes work; there the rest has to do.
        with suppress(PermissionError):
            is_ours = is_ours and (process / "cwd").samefile(cluster)
    except (OSError, ValueError):
        return None
    return pid if is_ours else None


class Server:
    """A postmaster that this process starts, and starts again should it end by itself."""

    def __init__(self, start: Callable[[], subprocess.Popen[bytes]], port: int, log: Path) -> None:
        self.port = port
        self._log = log
        self._stopping = threading.Event()
        self._was_ready = False
        first: Future[None] = Future()

        def keep() -> None:
            # The signal of a parent's death comes when the *thread* that forked ends, so this one waits.
            try:
                self._process = start()
            except BaseException as error:  # noqa: BLE001 - The starting thread raises it.
                first.set_exception(error)
                return
            first.set_result(None)
            pause, began = SHORTEST_PAUSE, time.monotonic()
            # A failed first start, with an exit code, is final. Later it may end by itself, because its disk is full.
            while self._process.wait() < 0 or self._was_ready:
                if time.monotonic() - began > STEADY_SECONDS:
                    pause = SHORTEST_PAUSE
                if pause > LONGEST_PAUSE or self._stopping.wait(pause):
                    return
                pause, began = pause * 2, time.monotonic()
                self._process = start()
                if self._stopping.is_set():
                    self._process.send_signal(signal.SIGINT)

        self._keeper = threading.Thread(target=keep, name="embedded-postgres", daemon=True)
        self._keeper.start()
        first.result()

    def wait_for_end(self) -> NoReturn:
        """Wait while it runs, and raise EmbeddedPostgresError when it has ended again and again."""
        self._keeper.join()
        raise EmbeddedPostgresError(f"PostgreSQL ends by itself, again and again. {end_of(self._log)}")

    def ended(self, within: float = 0) -> bool:
        """Whether it has ended, or does in so many seconds."""
        self._keeper.join(within)
        return not self._keeper.is_alive()

    def stop(self) -> None:
        """Fast shutdown (data written), then immediate (the next start recovers), then kill."""
        self._stopping.set()
        for number, patience in ((signal.SIGINT, 20), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            self._process.send_signal(number)
            if self.ended(within=patience):
                return

    def is_ready(self, cluster: Path) -> bool:
        """Wait until it takes connections (True) or ends (False)."""
        deadline = time.monotonic() + SECONDS_TO_START
        while not self.ended(within=0.02):
            if self._says_ready(cluster / "postmaster.pid"):
                self._was_ready = True
                return True
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"PostgreSQL was not ready in {SECONDS_TO_START:.0f} seconds.")
        return False

    def _says_ready(self, pid_file: Path) -> bool:
        """The first line names the writer, which may be of another time; the eighth its state."""
        try:
            lines = pid_file.read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(self._process.pid) and lines[7].strip() == "ready"


def start_on_free_port(
    data_dir: Path, cluster: Path, bindir: Path, account: Account, last_port: int, durable: bool
) -> Server:
    """Start on the port of the last run, so that addresses stay, or on another where it was taken since."""
    log = data_dir / "postgres.log"
    if log.exists():
        log.rename(log.with_suffix(".log.1"))
    log.touch(mode=0o600)
    for port in (last_port, *(free_port() for _ in range(PORTS_TRIED))):
        settings = SETTINGS | {"port": str(port)} | ({} if durable else NOT_DURABLE)
        options = [f"--{name}={value}" for name, value in settings.items()]
        server = Server(partial(_start, cluster, account, bindir / "postgres", options, log), port, log)
        try:
            if server.is_ready(cluster):
                return server
        except BaseException:
            server.stop()
            raise
        if "Address already in use" not in log.read_text(errors="replace"):
            break
    raise EmbeddedPostgresError(f"PostgreSQL did not start. {end_of(log)}")


def end_of(log: Path) -> str:
    """The last lines of its log, in a sentence. A full disk is named apart: the log has no room to say so."""
    is_full = shutil.disk_usage(log).free < WAL_SEGMENT_BYTES
    full = f"The disk of {log.parent} is full. Make room, then start again. " if is_full else ""
    return f"{full}Its log, {log}, ends:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:])


def _start(cluster: Path, account: Account, program: Path, options: list[str], log: Path) -> subprocess.Popen[bytes]:
    with claimed(cluster) as directory, log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - The operator chose the programs.
            command_on(directory, account, program, options),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=ENVIRONMENT,
            pass_fds=[directory],
            start_new_session=True,  # Ctrl-C is for the service, which stops PostgreSQL last.
        )


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port
