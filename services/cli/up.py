"""`hamlet up`: everything under one supervisor, and a first comment judged before your eyes."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console

from mesh.settings import MeshSettings
from services.cli.certs import ensure_certificates
from services.cli.first_run import create_administrator, show_demo
from services.cli.layout import Layout, NotRunningError, home
from services.cli.plan import jaeger_binary, plan
from services.cli.refusal import RefusedError
from services.cli.renewal import renew_when_asked
from services.cli.supervisor import Supervisor
from services.cli.terminal import LogSink

__all__ = ["detach", "up"]

_DETACH_SECONDS = 120.0


async def up(console: Console, *, port: int, verbose: bool, demo: bool | None) -> int:
    """Runs the village until Ctrl-C or SIGTERM. Returns the exit status.

    Args:
        port: of the front door; 0 takes a free one.
        demo: write the demo post and comments; None does so the first time.
    """
    folder = home()
    _refuse_second(folder)
    started = time.monotonic()
    layout = _layout(port)
    ensure_certificates(MeshSettings(home=folder))
    sink = LogSink(folder / "log", verbose=verbose)
    supervisor = Supervisor(plan(layout, folder), sink)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        if not await _started(supervisor, stop, console):
            return 1
        layout.save(folder)
        console.print(f"[green]healthy[/] after {time.monotonic() - started:.1f} s\n")
        await create_administrator(console, layout, folder)
        await show_demo(console, layout, folder, wanted=demo)
        _print_addresses(console, layout, folder)
        renew_when_asked(supervisor, folder, console)
        await _until(stop, supervisor)
    finally:
        console.print("\ndraining ...")
        await supervisor.stop()
        Layout.forget(folder)
        sink.close()
        console.print("all processes have ended; your data is in", str(folder))
    return 0


def detach(arguments: list[str]) -> int:
    """Starts `hamlet up` in the background, passes its output on until the village is healthy, and returns."""
    folder = home()
    _refuse_second(folder)
    log = folder / "log" / "up.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "services.cli.main", "up", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline, shown = time.monotonic() + _DETACH_SECONDS, 0
    while time.monotonic() < deadline:
        text = log.read_text()
        sys.stdout.write(text[shown:])
        sys.stdout.flush()
        shown = len(text)
        if process.poll() is not None:
            return process.returncode or 1
        if _READY_LINE in text:
            return 0
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGTERM)
    sys.stdout.write(f"not healthy within {_DETACH_SECONDS:.0f} s\n")
    return 1


_READY_LINE = "Ctrl-C or `hamlet down` ends it"


def _layout(port: int) -> Layout:
    try:
        return Layout.choose(port)
    except OSError:
        raise RefusedError(f"port {port} is taken; choose another with --port, or 0 for a free one") from None


def _refuse_second(folder: Path) -> None:
    try:
        running = Layout.load(folder)
    except NotRunningError:
        return
    raise RefusedError(f"a village runs from {folder} already, at {running.url}; `hamlet down` ends it")


async def _started(supervisor: Supervisor, stop: asyncio.Event, console: Console) -> bool:
    """Whether every process became ready before somebody asked to stop."""
    starting, stopped = asyncio.create_task(supervisor.start()), asyncio.create_task(stop.wait())
    await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not starting.done():
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        return False
    if starting.exception() is not None:
        failed = ", ".join(name for name, child in supervisor.children.items() if child.pid is None)
        console.print(f"[red]did not start:[/] {failed or 'a process took too long'}; its lines above say why")
        return False
    return True


async def _until(stop: asyncio.Event, supervisor: Supervisor) -> None:
    running, stopped = asyncio.create_task(supervisor.run()), asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
    for task in (running, stopped):
        task.cancel()


def _print_addresses(console: Console, layout: Layout, folder: Path) -> None:
    console.print(f"[bold]REST and gRPC-Web[/]        {layout.url}")
    console.print(f"[bold]gRPC[/]                     127.0.0.1:{layout.grpc_door}")
    if layout.cached:
        console.print(f"[bold]Cache[/]                    metrics http://127.0.0.1:{layout.cache_metrics}/metrics")
    for name, port in layout.grpc.items():
        console.print(
            f"  {name:<8} gRPC 127.0.0.1:{port} (mTLS)   metrics http://127.0.0.1:{layout.metrics[name]}/metrics"
        )
    if jaeger_binary():
        console.print("[bold]Jaeger[/]                   http://127.0.0.1:16686")
    else:
        console.print(
            f"[bold]Traces[/]                   {folder / 'traces'}; `hamlet trace` shows the last one. "
            "For a web page, put a `jaeger` binary on the PATH or set JAEGER_BIN (jaegertracing.io/download)."
        )
    console.print(f"\n{_READY_LINE}.", style="dim")
