"""The servers that are compared, each in a process of its own on a core of its own, and what of the core they use."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["RunningServer", "collector", "running", "share_cores"]

_END_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers. `metrics_port` is 0 where it has no metrics."""

    pid: int
    port: int
    metrics_port: int

    def cpu_seconds(self) -> float:
        """What its threads have used so far (Linux, `schedstat`: nanoseconds, where `stat` has hundredths)."""
        used = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            used += int((task / "schedstat").read_text().split()[0])
        return used / 1e9


def share_cores() -> str:
    """Moves this process, which makes the load, and whatever it starts to the first core it may use.

    Returns:
        The core that is left to the servers; the same one where there is no other.
    """
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[0]})
    return str(cores[-1])


@contextmanager
def running(variant: str, folder: Path, core: str, environment: Mapping[str, str]) -> Iterator[RunningServer]:
    """One of `bench.mesh.server`'s variants until the block ends."""
    command = ["taskset", "-c", core, sys.executable, "-m", "bench.mesh.server", variant, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
    ) as process:
        assert process.stdin is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        try:
            said = json.loads(process.stdout.readline())
            yield RunningServer(said["pid"], said["port"], said.get("metrics", 0))
        finally:
            process.stdin.close()
            process.wait(_END_SECONDS)


@contextmanager
def collector(folder: Path) -> Iterator[str]:
    """Our own OTLP receiver in a process of its own; its endpoint for `OTEL_EXPORTER_OTLP_ENDPOINT`."""
    command = [sys.executable, "-m", "mesh.telemetry.receiver", "--listen", "127.0.0.1:0", "--out", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101
        try:
            port = process.stdout.readline().strip().rsplit(":", 1)[1]
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(_END_SECONDS)
