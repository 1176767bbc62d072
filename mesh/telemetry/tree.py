"""A trace as a tree for a terminal: who called whom, how it ended, when it began and how long it took."""

from collections.abc import Sequence
from io import StringIO

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from mesh.telemetry.spans import SpanRecord

__all__ = ["render_tree"]

_QUIET = "dim"


def render_tree(spans: Sequence[SpanRecord], *, color: bool = False, width: int = 120) -> str:
    """One line a span under its caller, ordered by start; links are named. Spans whose parent is missing are marked.

    Args:
        color: with ANSI escapes, for a terminal.
    """
    if not spans:
        return "no spans"
    tree, began = _tree(spans), min(span.started for span in spans)
    console = Console(
        file=StringIO(), width=width, force_terminal=color, color_system="standard" if color else None, highlight=False
    )
    console.print(_rich(tree, spans, began))
    written: str = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in written.splitlines())


def _tree(spans: Sequence[SpanRecord]) -> dict[str, list[SpanRecord]]:
    """Children by the id of their parent; "" holds roots, orphans and batches of other traces."""
    known = {span.span_id for span in spans}
    children: dict[str, list[SpanRecord]] = {}
    for span in sorted(spans, key=lambda each: each.started):
        parent = span.parent_id if span.parent_id in known else _linked(span, known)
        children.setdefault(parent, []).append(span)
    return children


def _linked(span: SpanRecord, known: set[str]) -> str:
    """Where a batch that another trace opened hangs in this one: under the request of ours that it served."""
    return next((linked for _, linked in span.links if linked in known), "")


def _rich(children: dict[str, list[SpanRecord]], spans: Sequence[SpanRecord], began: int) -> Tree:
    names = {span.span_id: f"{span.service} {span.name}" for span in spans}
    ended = max(span.ended for span in spans)
    head = f"trace {spans[0].trace_id} · {len(spans)} spans · {_duration((ended - began) / 1e9)}"
    root = Tree(Text(head, style="bold"))

    def hang(branch: Tree, parent: str) -> None:
        for span in children.get(parent, ()):
            hang(branch.add(_line(span, began, names, orphan=bool(span.parent_id and not parent))), span.span_id)

    hang(root, "")
    return root


def _line(span: SpanRecord, began: int, names: dict[str, str], *, orphan: bool) -> Text:
    line = Text(overflow="ellipsis", no_wrap=True)
    line.append(span.service or "?", style="bold cyan")
    line.append(f" {span.name}")
    if span.kind != "INTERNAL":
        line.append(f" {span.kind.lower()}", style=_QUIET)
    outcome = span.code or (span.status if span.status != "UNSET" else "")
    if outcome:
        line.append(f" {outcome}", style="bold red" if span.status == "ERROR" else "green")
    line.append(f" {_duration(span.seconds)}", style="yellow")
    line.append(f" at +{_duration((span.started - began) / 1e9)}", style=_QUIET)
    if orphan:
        line.append(" (its parent is missing)", style="red")
    for _, linked in span.links:
        line.append(f" ⇢ {names.get(linked, linked)}", style="magenta")
    return line


def _duration(seconds: float) -> str:
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
