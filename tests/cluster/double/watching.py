"""WATCH: the changes of a collection as lines of JSON, from a version on, or from its beginning."""

import json
import time
from collections.abc import Iterator
from typing import Any

from tests.cluster.double.requests import Target
from tests.cluster.double.store import Store

__all__ = ["watched"]

_LONGEST_SECONDS = 300.0
_INITIAL_ENDS = "k8s.io/initial-events-end"


def watched(store: Store, target: Target) -> Iterator[bytes]:
    """Ends after the caller's `timeoutSeconds`, or with the store.

    With `sendInitialEvents` the objects come first, then a bookmark that says so.
    """
    ends = time.monotonic() + float(target.query.get("timeoutSeconds", _LONGEST_SECONDS))
    with store.changed:
        seen = int(target.query.get("resourceVersion") or 0)
        initial = target.query.get("sendInitialEvents") == "true" or seen == 0
        there = [each for each in store.every(target.kind, target.namespace) if target.selects(each)] if initial else []
        seen = store.version if initial else seen
    for document in there:
        yield _line("ADDED", document)
    if target.query.get("sendInitialEvents") == "true":
        metadata = {"resourceVersion": str(seen), "annotations": {_INITIAL_ENDS: "true"}}
        yield _line("BOOKMARK", _named(target, {"metadata": metadata}))
    selected = {document["metadata"]["uid"] for document in there}
    while True:
        with store.changed:
            store.wait_beyond(seen, ends - time.monotonic())
            if store.closed or time.monotonic() >= ends:
                return
            events = [each for each in store.since(seen) if each.kind is target.kind]
            seen = store.version
        for event in events:
            uid, wanted = event.document["metadata"]["uid"], target.selects(event.document)
            if event.change == "DELETED" and (wanted or uid in selected):
                selected.discard(uid)
                yield _line("DELETED", event.document)
            elif wanted:
                yield _line("MODIFIED" if uid in selected else event.change, event.document)
                selected.add(uid)
            elif uid in selected:
                selected.discard(uid)
                yield _line("DELETED", event.document)


def _named(target: Target, document: dict[str, Any]) -> dict[str, Any]:
    return {"kind": target.kind.name, "apiVersion": target.kind.api_version, **document}


def _line(change: str, document: dict[str, Any]) -> bytes:
    return json.dumps({"type": change, "object": document}).encode() + b"\n"
