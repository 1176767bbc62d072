"""The objects of the cluster, their versions, and what has happened to them."""

import copy
import threading
import uuid
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from tests.cluster.double.kinds import KINDS, Kind
from tests.cluster.double.status import conflict, exists, missing

__all__ = ["Event", "Store", "by_name"]

Change = Literal["ADDED", "MODIFIED", "DELETED"]
_KEPT_EVENTS = 20_000


def by_name(name: str) -> Kind:
    return next(kind for kind in KINDS if kind.name == name)


@dataclass(frozen=True, slots=True)
class Event:
    """A change of an object, at a version of the whole store."""

    version: int
    change: Change
    kind: Kind
    document: dict[str, Any]


@dataclass(slots=True)
class Store:
    """Every method takes the lock, which callers may hold over several. Documents go in as copies; those that come out
    are the store's own and not to be changed.
    """

    changed: threading.Condition = field(default_factory=lambda: threading.Condition(threading.RLock()))
    version: int = 1
    closed: bool = False
    _objects: dict[tuple[Kind, str, str], dict[str, Any]] = field(default_factory=dict)
    _events: deque[Event] = field(default_factory=lambda: deque(maxlen=_KEPT_EVENTS))

    def get(self, kind: Kind, namespace: str, name: str) -> dict[str, Any]:
        """
        Raises:
            Refused: 404.
        """
        found = self.find(kind, namespace, name)
        if found is None:
            raise missing(kind.plural, name)
        return found

    def find(self, kind: Kind, namespace: str, name: str) -> dict[str, Any] | None:
        with self.changed:
            return self._objects.get((kind, namespace if kind.namespaced else "", name))

    def every(self, kind: Kind, namespace: str = "") -> list[dict[str, Any]]:
        """In the order of their names; of every namespace where none is said."""
        with self.changed:
            found = [(key[1:], each) for key, each in self._objects.items() if key[0] is kind]
        wanted = [each for each in found if not namespace or each[0][0] == namespace]
        return [document for _, document in sorted(wanted, key=lambda each: each[0])]

    def all(self) -> Iterator[tuple[Kind, dict[str, Any]]]:
        with self.changed:
            yield from [(key[0], each) for key, each in self._objects.items()]

    def create(self, kind: Kind, document: dict[str, Any]) -> dict[str, Any]:
        """
        Raises:
            Refused: 409, there is one of that name.
        """
        metadata = document["metadata"]
        with self.changed:
            if self.find(kind, metadata.get("namespace", ""), metadata["name"]) is not None:
                raise exists(kind.plural, metadata["name"])
            metadata.setdefault("uid", str(uuid.uuid4()))
            metadata["creationTimestamp"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            metadata["generation"] = 1
            return self._put("ADDED", kind, document)

    def replace(self, kind: Kind, document: dict[str, Any]) -> dict[str, Any]:
        """Writes it where it is different. Its generation grows when more than its status and metadata has changed.

        Raises:
            Refused: 404; 409, it carries another version than the one that is there.
        """
        metadata = dict(document["metadata"])
        document = {**document, "metadata": metadata}
        with self.changed:
            before = self.get(kind, metadata.get("namespace", ""), metadata["name"])
            version = metadata.get("resourceVersion", "")
            if version not in {"", before["metadata"]["resourceVersion"]}:
                raise conflict(kind.plural, metadata["name"])
            for name in ("uid", "creationTimestamp", "generation", "resourceVersion"):
                metadata[name] = before["metadata"][name]
            if document == before:
                return before
            grown = any(document.get(part) != before.get(part) for part in ("spec", "data", "rules"))
            metadata["generation"] += grown
            return self._put("MODIFIED", kind, document)

    def delete(self, kind: Kind, namespace: str, name: str) -> dict[str, Any]:
        """
        Raises:
            Refused: 404.
        """
        with self.changed:
            document = self.get(kind, namespace, name)
            del self._objects[kind, namespace if kind.namespaced else "", name]
            return self._note("DELETED", kind, document)

    def _put(self, change: Change, kind: Kind, document: dict[str, Any]) -> dict[str, Any]:
        metadata = document["metadata"]
        kept = self._note(change, kind, document)
        self._objects[kind, metadata.get("namespace", "") if kind.namespaced else "", metadata["name"]] = kept
        return kept

    def _note(self, change: Change, kind: Kind, document: dict[str, Any]) -> dict[str, Any]:
        self.version += 1
        kept = copy.deepcopy(document)
        kept["metadata"]["resourceVersion"] = str(self.version)
        self._events.append(Event(self.version, change, kind, kept))
        self.changed.notify_all()
        return kept

    def since(self, version: int) -> list[Event]:
        with self.changed:
            found: list[Event] = []
            for each in reversed(self._events):
                if each.version <= version:
                    break
                found.append(each)
            return found[::-1]

    def wait_beyond(self, version: int, seconds: float | None) -> None:
        """Returns when something has happened since that version, when the store is closed, or after so long."""
        with self.changed:
            self.changed.wait_for(lambda: self.version > version or self.closed, seconds)

    def close(self) -> None:
        with self.changed:
            self.closed = True
            self.changed.notify_all()
