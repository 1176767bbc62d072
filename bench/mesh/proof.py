"""A cheap server is easy to make by leaving things out: what ours says of itself has to agree with what was asked."""

import re
import urllib.request

from bench.mesh.processes import RunningServer

__all__ = ["refuse_untrue"]

_COUNT = re.compile(r'^rpc_server_call_duration_seconds_count\{[^}]*="OK"[^}]*\} ([0-9.e+]+)$', re.MULTILINE)


def refuse_untrue(name: str, server: RunningServer, calls: int) -> None:
    """Checks that the server's own metrics count every call that it answered.

    Raises:
        RuntimeError: they do not.
    """
    if not server.metrics_port:
        return
    with urllib.request.urlopen(f"http://127.0.0.1:{server.metrics_port}/metrics", timeout=10) as answer:
        found = _COUNT.search(answer.read().decode())
    if found is None or float(found[1]) != calls:
        raise RuntimeError(f"{name} was called {calls} times and counts {found and found[1]}")
