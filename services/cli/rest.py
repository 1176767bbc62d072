"""A few calls through the front door, as any script would make them."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Answer", "RestError", "call"]

_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any


class RestError(RuntimeError):
    """The front door answered with an error. `reason` is the machine-readable one."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status, self.reason = status, reason


def call(url: str, path: str, body: object = None, *, method: str = "", token: str = "") -> Answer:
    """Sends JSON and returns JSON. Without `method`: POST with a body, GET without.

    Raises:
        RestError: the answer is an error.
        OSError: nobody listens.
    """
    request = urllib.request.Request(  # noqa: S310 - the URL is our own front door
        url + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json", **({"authorization": f"Bearer {token}"} if token else {})},
        method=method or ("GET" if body is None else "POST"),
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:  # noqa: S310 - as above
            return Answer(response.status, {k.lower(): v for k, v in response.headers.items()}, _json(response.read()))
    except urllib.error.HTTPError as error:
        raise RestError(error.code, _reason(_json(error.read()))) from None


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None


def _reason(status: Any) -> str:
    details = status.get("details", []) if isinstance(status, dict) else []
    return next((str(each["reason"]) for each in details if "reason" in each), "UNKNOWN")
