"""`hamlet trace`: a trace as a tree in the terminal."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from mesh.telemetry.traces import TraceSummary, latest_traces, load_trace
from mesh.telemetry.tree import render_tree
from services.cli.layout import home
from services.cli.refusal import RefusedError

__all__ = ["show"]


def show(console: Console, trace_id: str, limit: int) -> int:
    """Prints the trace whose id begins with `trace_id`, or the last one and a list.

    Raises:
        RefusedError: there is none.
    """
    folder = home() / "traces"
    summaries = latest_traces(folder, limit if not trace_id else 1_000)
    if not summaries:
        raise RefusedError(f"no traces in {folder}; `hamlet up` writes them there")
    if not trace_id:
        console.print(_table(summaries))
    chosen = next((each for each in summaries if each.trace_id.startswith(trace_id.lower())), None)
    if chosen is None:
        raise RefusedError(f"no trace begins with {trace_id}; `hamlet trace` lists the last ones")
    _print(console, folder, chosen.trace_id)
    return 0


def _print(console: Console, folder: Path, trace_id: str) -> None:
    console.print(f"\n[bold]{trace_id}[/]")
    print(render_tree(load_trace(folder, trace_id), color=console.is_terminal, width=console.width))


def _table(summaries: list[TraceSummary]) -> Table:
    table = Table("trace", "began at", "service", "spans", "ms", box=None)
    for each in summaries:
        table.add_row(each.trace_id[:16], each.name, each.service, str(each.spans), f"{each.seconds * 1000:.1f}")
    return table
