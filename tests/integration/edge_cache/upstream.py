"""What stands where Envoy would be: answers as a test says, and remembers what it was asked."""

import asyncio
from dataclasses import dataclass, field

__all__ = ["ORIGIN", "PUBLIC", "Asked", "Upstream"]

PUBLIC = "public, max-age=0, s-maxage=60, stale-while-revalidate=60"
"""Long, so that no test depends on how fast it runs; `test_freshness.py` has what the contracts say."""
ORIGIN = "https://blog.example"


@dataclass
class Asked:
    """A request as the upstream got it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Upstream:
    """Speaks HTTP/1.1 on the socket where Envoy would be.

    Attributes:
        status, headers, body: of each answer; each header may come more than once.
        delay: seconds until it answers.
    """

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=lambda: [("cache-control", PUBLIC), ("etag", '"one"')])
    body: bytes = b'{"title":"Elsinore"}'
    delay: float = 0.0
    seen: list[Asked] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                asked = await _read(reader)
                self.seen.append(asked)
                await asyncio.sleep(self.delay)
                writer.write(self._answer())
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self) -> bytes:
        number = len(self.seen)
        own = [("content-type", "application/json"), ("x-request-id", f"request-{number}"), ("server", "hamlet")]
        own += [("x-trace-id", f"{number:032x}"), ("ratelimit", f"r={number}"), ("ratelimit-policy", "q=100")]
        lines = [f"HTTP/1.1 {self.status} X"]
        lines += [f"{name}: {value}" for name, value in (*own, *self.headers, ("content-length", str(len(self.body))))]
        return "\r\n".join((*lines, "", "")).encode() + self.body


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
    method, target, _ = head[0].split(" ")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    return Asked(method, target, headers, await reader.readexactly(int(headers.get("content-length", "0"))))
