"""A request of the API, told apart: which kind, where, what to do."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.cluster.double.kinds import Kind, by_plural
from tests.cluster.double.selectors import fields_match, labels_match
from tests.cluster.double.status import malformed, unknown

__all__ = ["Target", "parsed"]

_KNOWN_PARAMETERS = {
    "allowWatchBookmarks",
    "container",
    "fieldManager",
    "fieldSelector",
    "fieldValidation",
    "follow",
    "force",
    "labelSelector",
    "limit",
    "propagationPolicy",
    "resourceVersion",
    "resourceVersionMatch",
    "sendInitialEvents",
    "timeout",
    "timeoutSeconds",
    "watch",
}


@dataclass(frozen=True, slots=True)
class Target:
    """
    Args:
        namespace: empty for all, or for a kind without.
        name: empty for the collection.
        part: `log` or empty.
    """

    kind: Kind
    namespace: str
    name: str
    part: str
    query: dict[str, str]

    def verb(self, method: str) -> str:
        """In the words of a Role."""
        if method == "GET":
            return "watch" if self.watched else "get" if self.name else "list"
        return {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}[method]

    @property
    def watched(self) -> bool:
        return self.query.get("watch") in {"1", "true"}

    def selects(self, document: dict[str, Any]) -> bool:
        labels = document["metadata"].get("labels", {})
        there = not self.namespace or document["metadata"].get("namespace") == self.namespace
        return (
            there
            and labels_match(self.query.get("labelSelector", ""), labels)
            and fields_match(self.query.get("fieldSelector", ""), document)
        )


def parsed(url: str) -> Target:
    """
    Raises:
        Refused: 404 for what the double does not know, 400 for a parameter that it would ignore.
    """
    split = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(split.query, keep_blank_values=True).items()}
    if ignored := query.keys() - _KNOWN_PARAMETERS:
        raise malformed(f"the double does not know the parameters {sorted(ignored)}")
    match split.path.strip("/").split("/"):
        case ["api", version, *rest]:
            group = ""
        case ["apis", group, version, *rest]:
            pass
        case _:
            raise unknown(split.path)
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    kind = by_plural(group, version, rest[0]) if rest else None
    part = rest[2] if len(rest) > 2 else ""
    if kind is None or len(rest) > 3 or part not in {"", "log"}:
        raise unknown(split.path)
    return Target(kind, namespace, rest[1] if len(rest) > 1 else "", part, query)
