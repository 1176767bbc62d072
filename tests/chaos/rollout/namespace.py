"""A network and a resolver of the drill's own, so that pods have addresses and names as in a cluster."""

import fcntl
import os
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.chaos.rollout.names import ADDRESS, SEARCH

__all__ = ["enter"]

_INSIDE = "DRILL_NAMESPACE"
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1
"""ioctl(2) on a network interface, netdevice(7)."""


def enter(module: str) -> None:
    """Starts this program anew in a network that has nothing but a loopback, where names are asked of `rollout.names`.

    Args:
        module: the program, which gets the same arguments.

    Raises:
        SystemExit: the system does not allow it.
    """
    if os.environ.get(_INSIDE) != "1":
        if os.geteuid() != 0:
            raise SystemExit("needs root: the drill makes a network of its own, where pods have addresses and names")
        os.environ[_INSIDE] = "1"
        command = ["unshare", "--net", "--mount", sys.executable, "-m", module, *sys.argv[1:]]
        os.execvp(command[0], command)  # noqa: S606 - this program again
    del os.environ[_INSIDE]
    _raise_loopback()
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as resolver:
        resolver.write(f"nameserver {ADDRESS}\nsearch {SEARCH}\noptions ndots:5\n")
        resolver.flush()
        # The mount keeps the file when its name is gone, and is seen by nobody outside.
        subprocess.run(["mount", "--bind", resolver.name, str(Path("/etc/resolv.conf").resolve())], check=True)


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        name, flags = struct.unpack("16sh", fcntl.ioctl(control, _GET_FLAGS, struct.pack("16sh", b"lo", 0)))
        fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sh", name, flags | _UP))
