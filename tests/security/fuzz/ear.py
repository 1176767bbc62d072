"""Listens to the logs, which must not repeat what a caller said."""

import io

from mesh.telemetry import configure_logs
from tests.security.fuzz.seeds import CANARY

__all__ = ["Ear"]

_KEPT, _LONGEST = 300, 1500


class Ear(io.StringIO):
    """Takes a process's logs, which are written as a service writes them, and keeps what it should not have heard."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []
        self.failed = ""
        """The last line about a call that failed, or about work beside the calls that did."""

    def listen(self) -> None:
        configure_logs("fuzzed", stream=self)

    def write(self, text: str) -> int:
        if CANARY in text:
            self.heard.append(text[:_KEPT])
        if "failed" in text:
            self.failed = text[-_LONGEST:]
        return len(text)
