"""Becomes a program that has no root rights and that stops when the process that started it dies.

Run by its path with a bare Python, so that it starts quickly: PARENT-PID UID GID PROGRAM ARGUMENTS…
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def become(parent: int, uid: int, gid: int, program: str, arguments: list[str]) -> None:
    """Replace this process by the program; SIGINT, PostgreSQL's fast shutdown, comes when the parent dies."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # Changing the user clears the signal, so it is set after that; it survives becoming another program.
    if ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0) != 0:
        sys.exit("The system cannot signal a process when its parent dies (prctl failed).")
    # A parent that died before the line above sends no signal any more.
    if os.getppid() != parent:
        sys.exit("The process that started this one is gone.")
    os.execv(program, [program, *arguments])  # noqa: S606 - No shell is wanted here.


if __name__ == "__main__":
    become(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5:])
