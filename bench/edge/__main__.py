"""`make bench-edge`: the front door as shipped; the last line is one JSON object."""

import json
import os
import sys
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from bench.edge.cached import Cached, cached
from bench.edge.comments import Accepted, comments
from bench.edge.growth import FEW, MANY, Growth, growth
from bench.edge.memory import memory
from bench.edge.uncached import PEER, Uncached, uncached
from bench.fill.writing import fill
from bench.village import BenchVillage, village
from services.storage.url import database_url

_AS_SHIPPED = {
    # The generator stands for many readers behind a load balancer: each request names its reader's address.
    "HAMLET_EDGE_TRUSTED_HOPS": "1",
    # Sampling as for a busy public site.
    "HAMLET_EDGE_SAMPLING_PERCENT": "5",
}
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Report:
    """All parts, measured one after the other in one village."""

    post: Cached
    page: Cached
    read: Uncached
    read_page: Uncached
    accepted: Accepted
    grown: Growth
    memory: dict[str, float]

    @property
    def errors(self) -> int:
        parts = (self.post, self.page, self.read, self.read_page, self.accepted, self.grown)
        return sum(part.errors for part in parts)


def measure(running: BenchVillage) -> Report:
    read = running.publish()
    fill(database_url("comment", {"HAMLET_HOME": str(running.home)}), read, _PAGE)
    return Report(
        post=cached(running, read, "post"),
        page=cached(running, read, "comments"),
        read=uncached(running, f"/v1/posts/{read}"),
        read_page=uncached(running, f"/v1/posts/{read}/comments"),
        accepted=comments(running, running.publish()),
        grown=growth(running),
        memory=memory(running.layout.supervisor_pid),
    )


def show(report: Report, console: Console) -> None:
    table = Table("what", "requests/s", "p50 ms", "p99 ms", "note")
    for name, part in (("cached post", report.post), ("cached page of comments", report.page)):
        note = f"{part.bytes:,} bytes, {part.origin_rps:.1f} requests/s reach the service"
        table.add_row(name, f"{part.rps:,.0f}", f"{part.p50_ms:.2f}", f"{part.p99_ms:.2f}", note)
    for what, read in (("post", report.read), ("page of comments", report.read_page)):
        for name, load in ((f"uncached {what}, front door", read.front_door), (f"  {PEER}", read.bridge)):
            note = f"signed in, ratio {read.ratio:.2f}"
            table.add_row(name, f"{load.rps:,.0f}", f"{load.p50_ms:.2f}", f"{load.p99_ms:.2f}", note)
    accepted, grown = report.accepted, report.grown
    note = f"{accepted.count} comments, worst {accepted.worst_ms:.0f} ms, filter on"
    table.add_row("comment accepted", str(accepted.rate), f"{accepted.p50_ms:.1f}", f"{accepted.p99_ms:.1f}", note)
    note = f"filled at {(FEW + MANY) / grown.fill_seconds:,.0f} comments/s"
    table.add_row(f"first page of {FEW:,} comments", "", f"{grown.few_ms:.2f}", "", "one reader, uncached")
    table.add_row(f"first page of {MANY:,} comments", "", f"{grown.many_ms:.2f}", "", note)
    console.print(table)
    sizes = Table("process", "MiB")
    for name, size in report.memory.items():
        sizes.add_row(name, f"{size:.0f}")
    console.print(sizes)


def figures(report: Report) -> dict[str, float]:
    return {
        "cached_rps": round(report.post.rps),
        "cached_p99_ms": round(report.post.p99_ms, 2),
        "origin_rps_during_cached": round(report.post.origin_rps, 2),
        "uncached_ratio": round(report.read.ratio, 2),
        "uncached_page_ratio": round(report.read_page.ratio, 2),
        "comment_p99_ms": round(report.accepted.p99_ms, 1),
        "growth_ratio": round(report.grown.ratio, 2),
        "errors": report.errors,
    }


def main() -> int:
    console = Console(width=140)
    console.print(f"{os.cpu_count()} cores shared by the village and the load generator")
    with village(_AS_SHIPPED) as running:
        report = measure(running)
    show(report, console)
    print(json.dumps(figures(report)))
    return 1 if report.errors else 0


if __name__ == "__main__":
    sys.exit(main())
