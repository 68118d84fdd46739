"""Keeps the processes of a start running: forked from one that has loaded everything, and replaced when they end.

Uvicorn's own supervisor asks its processes for a sign of life, and waits up to a minute when one dies in between. Here
the kernel reports a death, and a fork serves within a moment, also while the database is away.
"""

import ctypes
import gc
import os
import selectors
import signal
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType

import structlog

PR_SET_PDEATHSIG = 1
MOST_FAILED_STARTS = 5
SHORT_LIFE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 1.0
SILENT_SECONDS = 60.0
"""A process without a sign of life for so long hangs, and is replaced."""
STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM)

SignOfLife = Callable[[], None]
"""To be called when a process serves, and then every few seconds."""

log = structlog.get_logger()


class StartFailed(RuntimeError):
    """The processes end before they serve. The message says how."""


def end_with_parent(parent: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Let the kernel send this process the signal when its parent ends, or exit if that has happened already."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl failed")
    if os.getppid() != parent:
        raise SystemExit("The process that started this one is gone.")


@dataclass
class _Process:
    pid: int
    signs: int
    """Descriptor from which its signs of life are read."""
    began: float = field(default_factory=time.monotonic)
    last_sign: float = field(default_factory=time.monotonic)
    serves: bool = False


def keep_running(
    work: Callable[[SignOfLife], None],
    count: int,
    *,
    grace_seconds: float,
    on_serving: Callable[[], None] = lambda: None,
    on_wake: Callable[[], None] = lambda: None,
) -> None:
    """Run `work` in so many processes until SIGINT or SIGTERM, and then end them by SIGTERM.

    `on_serving` is called once, when the first one serves. `on_wake` is called at every death of a child and at least
    every second, so that a caller can watch further children; what it raises ends the processes. Raise StartFailed if
    they end again and again before they serve.
    """
    _Supervisor(work, count, grace_seconds, on_serving, on_wake).run()


class _Supervisor:
    def __init__(
        self,
        work: Callable[[SignOfLife], None],
        count: int,
        grace_seconds: float,
        on_serving: Callable[[], None],
        on_wake: Callable[[], None],
    ) -> None:
        self._work = work
        self._count = count
        self._grace_seconds = grace_seconds
        self._on_serving: Callable[[], None] | None = on_serving
        self._on_wake = on_wake
        self._processes: dict[int, _Process] = {}
        self._received: list[int] = []
        self._failed_starts = 0
        self._short_lives = 0
        self._next_start = 0.0
        self._selector = selectors.DefaultSelector()

    def run(self) -> None:
        if threading.active_count() > 1:
            raise RuntimeError("only a process with one thread may fork others")
        # What is loaded stays shared between the processes as long as nobody writes to it.
        gc.collect()
        gc.freeze()
        with self._signals():
            try:
                while not self._received:
                    self._start_missing()
                    self._wait()
                    self._on_wake()
            finally:
                self._stop()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Be woken by signals, and by SIGCHLD, which the kernel sends when a child has ended."""

        def receive(number: int, _: FrameType | None) -> None:
            if number != signal.SIGCHLD:
                self._received.append(number)

        reader, writer = socket.socketpair()
        with reader, writer:
            for end in (reader, writer):
                end.setblocking(False)
            self._selector.register(reader, selectors.EVENT_READ)
            before = {number: signal.signal(number, receive) for number in (*STOPPING_SIGNALS, signal.SIGCHLD)}
            woken = signal.set_wakeup_fd(writer.fileno())
            try:
                yield
            finally:
                signal.set_wakeup_fd(woken)
                for number, handler in before.items():
                    signal.signal(number, handler)
                self._selector.close()

    def _start_missing(self) -> None:
        while len(self._processes) < self._count and time.monotonic() >= self._next_start:
            self._start()

    def _start(self) -> None:
        parent = os.getpid()
        signs, sign = os.pipe()
        os.set_blocking(signs, False)
        os.set_blocking(sign, False)
        # A signal that comes while the child still has this process's handlers would be lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING_SIGNALS)
        try:
            pid = os.fork()
            if pid == 0:
                self._become(parent, sign)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING_SIGNALS)
        os.close(sign)
        self._processes[pid] = _Process(pid, signs)
        self._selector.register(signs, selectors.EVENT_READ, pid)

    def _become(self, parent: int, sign: int) -> None:
        """Be the child: work, and end without any of the steps with which the parent will end."""
        code = 1
        try:
            end_with_parent(parent)
            os.setsid()  # Ctrl-C is for the parent, which forwards it.
            signal.set_wakeup_fd(-1)
            for number in (*STOPPING_SIGNALS, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING_SIGNALS)
            self._selector.close()
            for process in self._processes.values():
                os.close(process.signs)

            def give_sign() -> None:
                with suppress(BlockingIOError):
                    os.write(sign, b".")

            self._work(give_sign)
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:  # noqa: BLE001 - Nothing is above it.
            traceback.print_exc()
        finally:
            os._exit(code)

    def _wait(self, longest: float = 1.0) -> None:
        """Wait for a sign of life, a death or a signal, then bury the dead."""
        if len(self._processes) < self._count:
            longest = min(longest, max(self._next_start - time.monotonic(), 0))
        for key, _ in self._selector.select(longest):
            with suppress(BlockingIOError):
                if os.read(key.fd, 4096) and key.data:
                    self._hear(self._processes[key.data])
        for process in list(self._processes.values()):
            if time.monotonic() - process.last_sign > SILENT_SECONDS:
                log.error("process hangs", pid=process.pid)
                os.kill(process.pid, signal.SIGKILL)
                process.last_sign = time.monotonic()
            pid, status = os.waitpid(process.pid, os.WNOHANG)
            if pid:
                self._bury(process, os.waitstatus_to_exitcode(status))

    def _hear(self, process: _Process) -> None:
        process.last_sign = time.monotonic()
        if not process.serves:
            process.serves = True
            self._failed_starts = 0
            if self._on_serving is not None:
                self._on_serving()
                self._on_serving = None

    def _bury(self, process: _Process, code: int) -> None:
        self._selector.unregister(process.signs)
        os.close(process.signs)
        del self._processes[process.pid]
        if self._received:
            return
        log.error("process ended", pid=process.pid, exit_code=code)
        if not process.serves:
            self._failed_starts += 1
            if self._failed_starts >= MOST_FAILED_STARTS:
                raise StartFailed(
                    f"The service ended {self._failed_starts} times in a row before it served, "
                    f"the last time with {_name_of(code)}. See the log above."
                )
        is_short = time.monotonic() - process.began < SHORT_LIFE_SECONDS
        self._short_lives = self._short_lives + 1 if is_short else 0
        pause = min(0.1 * 2 ** (self._short_lives - 1), LONGEST_PAUSE_SECONDS) if self._short_lives else 0.0
        self._next_start = time.monotonic() + pause

    def _stop(self) -> None:
        """End the processes in order; after the grace time, or at a second Ctrl-C, at once."""
        began = len(self._received)
        if not began:
            self._received.append(signal.SIGTERM)
            began = 1
        self._send(signal.SIGTERM)
        deadline = time.monotonic() + self._grace_seconds
        while self._processes:
            if time.monotonic() > deadline or signal.SIGINT in self._received[began:]:
                self._send(signal.SIGKILL)
            self._wait(0.2)

    def _send(self, number: signal.Signals) -> None:
        for pid in self._processes:
            os.kill(pid, number)


def _name_of(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
