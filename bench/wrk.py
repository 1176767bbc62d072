"""wrk as a closed-loop load generator (Debian package `wrk`), its report as numbers."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Load", "wrk"]

_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
_STRANGERS = Path(__file__).parent / "strangers.lua"


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw: answers a second, latencies in milliseconds, answers that were no 2xx or 3xx or never came."""

    rps: float
    p50_ms: float
    p99_ms: float
    requests: int
    errors: int


def wrk(
    url: str, *, connections: int, seconds: int, headers: Mapping[str, str] | None = None, script: Path = _STRANGERS
) -> Load:
    """Loads one URL from one thread. Each request claims another client address in X-Forwarded-For, which counts where
    the village trusts one proxy in front of it; another `script` may do otherwise.

    Raises:
        RuntimeError: wrk is not installed, or printed something else than a report.
    """
    binary = shutil.which("wrk")
    if binary is None:
        raise RuntimeError("wrk is not installed: apt-get install wrk")
    command = [binary, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script)]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    report = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    return _parsed(report)


def _parsed(report: str) -> Load:
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", report)
    sockets = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", report)
    errors = int(refused[1]) if refused else 0
    errors += sum(map(int, sockets.groups())) if sockets else 0
    return Load(
        rps=float(_found(r"Requests/sec:\s+([\d.]+)", report)[1]),
        p50_ms=_latency(report, "50"),
        p99_ms=_latency(report, "99"),
        requests=int(_found(r"(\d+) requests in", report)[1]),
        errors=errors,
    )


def _latency(report: str, percent: str) -> float:
    found = _found(rf"{percent}%\s+([\d.]+)(us|ms|s|m)\b", report)
    return float(found[1]) * _MILLISECONDS[found[2]]


def _found(pattern: str, report: str) -> "re.Match[str]":
    found = re.search(pattern, report)
    if found is None:
        raise RuntimeError(f"no report of wrk:\n{report}")
    return found
