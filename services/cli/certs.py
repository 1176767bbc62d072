"""`hamlet certs`: the certificates of a village on one machine."""

import signal
import threading
from datetime import UTC, datetime, timedelta

from cyclopts import App

from mesh.identity.authority import Authority, expiry
from mesh.settings import MeshSettings
from services.cli.layout import WORKLOADS, home

__all__ = ["app", "ensure_certificates"]

app = App(name="certs", help="Certificates: who each process is.")
_RENEW_BEFORE = timedelta(days=10)


def ensure_certificates(settings: MeshSettings) -> list[str]:
    """Issues what is missing or expires soon. Running services take it up without a restart. Returns whose it was."""
    authority = Authority.open_or_create(settings.certificates)
    issued = []
    for workload in WORKLOADS:
        folder = settings.certificates / workload
        try:
            good = expiry(folder) - datetime.now(UTC) > _RENEW_BEFORE
        except FileNotFoundError:
            good = False
        if not good:
            authority.issue(workload, settings.trust_domain)
            issued.append(workload)
    return issued


@app.command
def show() -> int:
    """List the certificates and when they expire."""
    settings = MeshSettings(home=home())
    for workload in WORKLOADS:
        try:
            print(f"{workload:<9} expires {expiry(settings.certificates / workload):%Y-%m-%d %H:%M} UTC")
        except FileNotFoundError:
            print(f"{workload:<9} none; `hamlet certs renew` issues it")
    return 0


@app.command
def ensure(*, every: float = 0.0) -> int:
    """Issue what is missing or expires within ten days. Running services take it up without a restart.

    Args:
        every: stay, and look again after so many seconds, until SIGTERM; once without it.
    """
    told = threading.Event()
    if every:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: told.set())
    while True:
        issued = ensure_certificates(MeshSettings(home=home()))
        print(f"issued: {', '.join(issued)}" if issued else "every certificate is good for long enough", flush=True)
        if not every or told.wait(every):
            return 0


@app.command
def renew(workload: str = "", /, *, authority: bool = False) -> int:
    """Issue new certificates. Running services take them up without a restart.

    Args:
        workload: whose; everybody's without it.
        authority: make a new authority too. The old one stays trusted.
    """
    settings = MeshSettings(home=home())
    issuing = Authority.open_or_create(settings.certificates)
    if authority:
        issuing = issuing.rotate()
    for name in [workload] if workload else WORKLOADS:
        print(f"issued {issuing.issue(name, settings.trust_domain)}")
    return 0
