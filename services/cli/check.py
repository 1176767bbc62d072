"""`hamlet check`: what was looked at, and how to mend what is not as it should be."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from mesh.identity.authority import expiry
from mesh.settings import MeshSettings
from mesh.telemetry.traces import latest_traces
from services.cli.database import WITH_DATABASE, migrations_of
from services.cli.layout import SERVICES, WORKLOADS, Layout, NotRunningError, home
from services.cli.operator import operator_channel, serves
from services.cli.rest import RestError, call
from services.storage.migration import schema_state
from services.storage.url import database_url

__all__ = ["Finding", "check", "findings"]

_LEAST_FREE_BYTES = 200 * 1024 * 1024
_LEAST_LIFE = timedelta(days=3)
# More than two, because the second in which an answer is fresh may just be over.
_LOOKS = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `mend` is empty where all is well."""

    what: str
    good: bool
    mend: str = ""


async def check(console: Console) -> int:
    """Prints the findings; the status is 1 if one of them is bad."""
    found = await findings(home())
    for each in found:
        console.print(f"[green]ok[/]    {each.what}" if each.good else f"[red]mend[/]  {each.what}\n      {each.mend}")
    bad = sum(not each.good for each in found)
    console.print(f"\n{len(found)} checked, {bad or 'none'} to mend")
    return 1 if bad else 0


async def findings(folder: Path) -> list[Finding]:
    """Looks at the village of `folder`, from the outside in."""
    settings = MeshSettings(home=folder)
    try:
        layout = Layout.load(folder)
    except NotRunningError as error:
        return [
            Finding(str(error), good=False, mend="start it with `hamlet up --detach`"),
            *_standing(settings, folder),
        ]
    services = await asyncio.gather(*(_service(name, layout, settings) for name in SERVICES))
    return [
        await _front_door(layout),
        *await _cache(layout),
        await _key_set(layout),
        *services,
        *_standing(settings, folder),
        _traces(folder),
    ]


def _standing(settings: MeshSettings, folder: Path) -> list[Finding]:
    """What can be looked at whether the village runs or not."""
    certificates = [_certificate(name, settings) for name in WORKLOADS]
    return [*certificates, *(_database(name) for name in WITH_DATABASE), _disk(folder)]


async def _front_door(layout: Layout) -> Finding:
    return await _over_rest(
        "the front door answers", layout, "/v1/posts?pageSize=1", "see `log/edge.log` and `log/cache.log`"
    )


async def _cache(layout: Layout) -> list[Finding]:
    """Two readers of one page within a second: the second is answered by the cache."""
    if not layout.cached:
        return []

    async def look() -> bool:
        answers = [await asyncio.to_thread(call, layout.url, "/v1/posts?pageSize=1") for _ in range(_LOOKS)]
        return any(answer.headers.get("x-cache") == "HIT" for answer in answers)

    mend = "pages are not kept, so that each reader costs what the first does; see `log/cache.log`"
    try:
        return [Finding("the cache answers for what it has kept", good=await look(), mend=mend)]
    except (OSError, RestError):
        return [Finding("the cache answers for what it has kept", good=False, mend=mend)]


async def _key_set(layout: Layout) -> Finding:
    mend = "access tokens cannot be checked; see `log/account.log`"
    return await _over_rest("the keys of access tokens are published", layout, "/.well-known/jwks.json", mend)


async def _over_rest(what: str, layout: Layout, path: str, mend: str) -> Finding:
    return await _looked_at(what, lambda: asyncio.to_thread(call, layout.url, path), mend)


async def _looked_at(what: str, look: Callable[[], Awaitable[object]], mend: str) -> Finding:
    try:
        await look()
    except RestError as error:
        return Finding(f"{what} ({error.status} {error.reason})", good=False, mend=mend)
    except OSError:
        return Finding(f"{what} (nobody listens)", good=False, mend=mend)
    return Finding(what, good=True)


async def _service(name: str, layout: Layout, settings: MeshSettings) -> Finding:
    mend = f"see `log/{name}.log`; the supervisor starts it again when it ends"
    try:
        async with operator_channel(settings, name, f"ipv4:127.0.0.1:{layout.grpc[name]}") as channel:
            return Finding(f"{name} serves over mTLS", good=await serves(channel), mend=mend)
    except OSError:
        return Finding(f"{name} serves over mTLS", good=False, mend="run `hamlet certs renew operator`")


def _certificate(name: str, settings: MeshSettings) -> Finding:
    mend = f"run `hamlet certs renew {name}`; no restart is needed"
    try:
        left = expiry(settings.certificates / name) - datetime.now(UTC)
    except FileNotFoundError:
        return Finding(f"{name} has a certificate", good=False, mend=mend)
    return Finding(f"{name}'s certificate is good for {left.days} days", good=left > _LEAST_LIFE, mend=mend)


def _database(name: str) -> Finding:
    what = f"{name}'s database has the schema that this version needs"
    mend = f"run `hamlet db upgrade {name}`"
    try:
        return Finding(what, good=schema_state(database_url(name), migrations_of(name)).fit_to_serve, mend=mend)
    except Exception as error:
        return Finding(f"{what} ({type(error).__name__})", good=False, mend=f"is it reachable? {mend}")


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder if folder.exists() else Path.cwd()).free
    mend = "make room: writing is refused when the disk is full, reading goes on"
    return Finding(f"{free // 2**20:,} MiB of disk are free", good=free > _LEAST_FREE_BYTES, mend=mend)


def _traces(folder: Path) -> Finding:
    seen = bool(latest_traces(folder / "traces", 1))
    return Finding("traces arrive", good=seen, mend="send a request; then see `log/traces.log`")
