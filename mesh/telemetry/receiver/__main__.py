"""`python -m mesh.telemetry.receiver --listen 127.0.0.1:4317 --out var/traces`: runs until SIGTERM or SIGINT."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from mesh.telemetry.receiver.forward import Forward
from mesh.telemetry.receiver.server import TraceReceiver
from mesh.telemetry.receiver.trace_files import TraceFiles


async def _run(listen: str, out: Path, file_bytes: int, files: int, forward: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    trace_files = TraceFiles(out, file_bytes=file_bytes, files=files)
    receiver = TraceReceiver(trace_files.write, Forward(forward) if forward else None)
    port = await receiver.start(listen)
    sys.stdout.write(f"listening on {listen.rsplit(':', 1)[0]}:{port}\n")
    sys.stdout.flush()
    try:
        await stop.wait()
    finally:
        await receiver.stop()
        trace_files.close()


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m mesh.telemetry.receiver", description=__doc__)
    parser.add_argument("--listen", default="127.0.0.1:4317", help="host:port; port 0 takes a free one and prints it")
    parser.add_argument("--out", type=Path, default=Path("var/traces"))
    parser.add_argument("--file-bytes", type=int, default=8_000_000, help="size at which a file is full")
    parser.add_argument("--files", type=int, default=8, help="how many files are kept")
    parser.add_argument("--forward", default="", help="host:port of another OTLP/gRPC receiver that gets all of it too")
    given = parser.parse_args()
    asyncio.run(_run(given.listen, given.out, given.file_bytes, given.files, given.forward))


if __name__ == "__main__":
    _main()
