"""`python mesh/leash.py PARENT PROGRAM ARG...`: runs a program that ends when the process that started it does.

A supervisor that is killed would otherwise leave children that hold its ports. The kernel sends the signal
(prctl(2), PR_SET_PDEATHSIG); it survives exec, so the program itself need not know. Elsewhere than on Linux this only
runs the program.
"""

import ctypes
import os
import signal
import sys

__all__ = ["leashed"]

_PR_SET_PDEATHSIG = 1


def leashed(*command: str) -> list[str]:
    """The command line that runs `command` on a leash."""
    return [sys.executable, __file__, str(os.getpid()), *command]


def _main(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            # It ended before the kernel was told.
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - running its arguments is what this program is for


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2:])
