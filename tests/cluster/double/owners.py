"""Who wrote which field of an object: `metadata.managedFields`, for updates and for server-side apply."""

import copy
from dataclasses import dataclass, field
from typing import Any

from tests.cluster.double.fields import Path, fields_v1, from_fields_v1, leaves, removed, spelled
from tests.cluster.double.schema import Shape
from tests.cluster.double.status import field_conflict

__all__ = ["applied", "claimed"]

_APPLY, _UPDATE = "Apply", "Update"
Manager = tuple[str, str]


@dataclass(slots=True)
class _Owners:
    """Sets of fields, by manager and operation."""

    sets: dict[Manager, set[Path]] = field(default_factory=dict)

    @classmethod
    def of(cls, document: dict[str, Any]) -> "_Owners":
        entries = document.get("metadata", {}).get("managedFields", [])
        return cls({(each["manager"], each["operation"]): from_fields_v1(each["fieldsV1"]) for each in entries})

    def write(self, document: dict[str, Any], api_version: str) -> None:
        document["metadata"]["managedFields"] = [
            {
                "manager": manager,
                "operation": operation,
                "apiVersion": api_version,
                "fieldsType": "FieldsV1",
                "fieldsV1": fields_v1(paths),
            }
            for (manager, operation), paths in self.sets.items()
            if paths
        ]

    def others(self, manager: Manager) -> set[Path]:
        return set().union(*(paths for name, paths in self.sets.items() if name != manager))

    def take(self, manager: Manager, paths: set[Path]) -> None:
        for name in self.sets:
            if name != manager:
                self.sets[name] -= paths


def claimed(before: dict[str, Any] | None, after: dict[str, Any], shape: Shape, manager: str) -> None:
    """Notes in `after` that `manager` wrote what is different from `before`: an update, or a creation."""
    owners = _Owners.of(after)
    old = leaves(before, shape) if before else {}
    new = leaves(after, shape)
    written = {path for path, value in new.items() if path not in old or old[path] != value}
    me = (manager, _UPDATE)
    for name in owners.sets:
        owners.sets[name] &= new.keys()
    owners.take(me, written)
    owners.sets[me] = owners.sets.get(me, set()) | written
    owners.write(after, after["apiVersion"])


def applied(live: dict[str, Any], wanted: dict[str, Any], shape: Shape, manager: str, *, force: bool) -> dict[str, Any]:
    """Server-side apply: what `manager` wants now, without what only it wanted before.

    Raises:
        Refused: 409, a field has another value and another owner, and `force` is not set.
    """
    owners, me = _Owners.of(live), (manager, _APPLY)
    now, wishes = leaves(live, shape), leaves(wanted, shape, strict=True)
    differing = {path for path, value in wishes.items() if path in now and now[path] != value}
    theirs = {
        path: f"{name} using {api_version}" if operation == _UPDATE else name
        for (name, operation), paths in owners.sets.items()
        if (name, operation) != me
        for path in paths & differing
        for api_version in (live["apiVersion"],)
    }
    if theirs and not force:
        raise field_conflict({spelled(path): owner for path, owner in theirs.items()})
    owners.take(me, set(theirs))
    merged: dict[str, Any] = _merged(live, wanted, shape)
    dropped = owners.sets.get(me, set()) - wishes.keys() - owners.others(me)
    removed(merged, _without_parents_of_others(dropped, owners.others(me)))
    owners.sets[me] = set(wishes)
    owners.write(merged, live["apiVersion"])
    return merged


def _without_parents_of_others(dropped: set[Path], theirs: set[Path]) -> set[Path]:
    """An item in which somebody else owns a field stays."""
    inside = {path[:length] for path in theirs for length in range(1, len(path))}
    return {path for path in dropped if path[-1] != "." or path[:-1] not in inside}


def _merged(live: Any, wanted: Any, shape: Shape) -> Any:
    if isinstance(live, dict) and isinstance(wanted, dict) and not shape.atomic:
        result = copy.deepcopy(live)
        for key, value in wanted.items():
            result[key] = _merged(live[key], value, shape.field(key)) if key in live else copy.deepcopy(value)
        return result
    if isinstance(live, list) and isinstance(wanted, list) and not shape.atomic:
        return _merged_lists(live, wanted, shape)
    return copy.deepcopy(wanted)


def _merged_lists(live: list[Any], wanted: list[Any], shape: Shape) -> list[Any]:
    """What is wanted, in that order; then what else is there."""
    keys = shape.keys

    def name(item: Any) -> Any:
        return tuple(str(item.get(key)) for key in keys) if keys else str(item)

    there = {name(item): item for item in live}
    result = [_merged(there.pop(name(item)), item, shape.items) if name(item) in there else item for item in wanted]
    return copy.deepcopy([*result, *there.values()])
