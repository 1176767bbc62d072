"""An object as the set of its fields, in the words of `metadata.managedFields` (FieldsV1).

A path is a tuple of elements: `f:name` for a member, `k:{"name":"x"}` for an item of a list with keys, `v:"x"` for one
of a set, and a last `.` for such an item itself. What is atomic is one field.
"""

import json
from collections.abc import Iterable
from typing import Any

from tests.cluster.double.schema import Shape
from tests.cluster.double.status import malformed

__all__ = ["Path", "fields_v1", "find_item", "from_fields_v1", "leaves", "removed", "spelled"]

Path = tuple[str, ...]
_ITSELF = "."
_OF_THE_SERVER = {
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "managedFields",
    "generateName",
    "selfLink",
}


def leaves(document: dict[str, Any], shape: Shape, *, strict: bool = False) -> dict[Path, Any]:
    """What somebody may own of it, with the values; neither its name nor its status.

    Raises:
        Refused: 400, `strict` and an item is in a list twice. An update may do that, server-side apply may not.
    """
    owned = {key: value for key, value in document.items() if key not in {"apiVersion", "kind", "status"}}
    metadata = {key: value for key, value in document.get("metadata", {}).items() if key not in _OF_THE_SERVER}
    found: dict[Path, Any] = {}
    _collect(owned | {"metadata": metadata}, shape, (), found, strict=strict)
    found.pop(("f:metadata",), None)
    return found


def _collect(value: Any, shape: Shape, path: Path, found: dict[Path, Any], *, strict: bool) -> None:
    if isinstance(value, dict) and value and not shape.atomic:
        for key, each in value.items():
            _collect(each, shape.field(key), (*path, f"f:{key}"), found, strict=strict)
    elif isinstance(value, list) and value and not shape.atomic:
        for item in value:
            itself = (*path, name := _item_name(item, shape.keys), _ITSELF)
            if strict and itself in found:
                raise malformed(f"{spelled(path)}: duplicate entries for key {name[2:]}")
            found[itself] = True
            if shape.keys:
                _collect(item, shape.items, (*path, name), found, strict=strict)
    else:
        found[path] = value


def _item_name(item: Any, keys: tuple[str, ...]) -> str:
    if not keys:
        return "v:" + json.dumps(item)
    return "k:" + json.dumps({key: item[key] for key in keys if key in item}, separators=(",", ":"), sort_keys=True)


def find_item(items: list[Any], name: str) -> int | None:
    """Where in a list the item of that path element is."""
    wanted = json.loads(name[2:])
    for place, item in enumerate(items):
        if name.startswith("v:") and item == wanted:
            return place
        if name.startswith("k:") and isinstance(item, dict) and all(item.get(key) == wanted[key] for key in wanted):
            return place
    return None


def removed(document: dict[str, Any], paths: Iterable[Path]) -> None:
    """Takes fields out of a document, and what is empty because of it: whole items first, then the deepest.

    An item that stays keeps what it is told apart by.
    """
    for path in sorted(paths, key=lambda each: (each[-1] != _ITSELF, -len(each))):
        if not _tells_apart(path):
            _remove(document, path)


def _tells_apart(path: Path) -> bool:
    """Whether it is a key of the item that it is in."""
    return len(path) > 1 and path[-2].startswith("k:") and path[-1][2:] in json.loads(path[-2][2:])


def _remove(parent: Any, path: Path) -> None:
    name, rest = path[0], path[1:]
    if isinstance(parent, list):
        place = find_item(parent, name)
        if place is not None and rest in {(), (_ITSELF,)}:
            del parent[place]
        elif place is not None:
            _remove(parent[place], rest)
    elif isinstance(parent, dict) and name[2:] in parent:
        key = name[2:]
        if rest:
            _remove(parent[key], rest)
        if not rest or parent[key] in ({}, []):
            del parent[key]


def fields_v1(paths: Iterable[Path]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path in sorted(paths):
        node = tree
        for element in path:
            node = node.setdefault(element, {})
    return tree


def from_fields_v1(tree: dict[str, Any]) -> set[Path]:
    found: set[Path] = set()

    def walk(node: dict[str, Any], path: Path) -> None:
        if not node:
            found.add(path)
        for element, child in node.items():
            walk(child, (*path, element))

    walk(tree, ())
    return found - {()}


def spelled(path: Path) -> str:
    """`.spec.template.spec.containers[name="blog"].image`, as in the message of a conflict."""
    text = ""
    for element in path:
        if element.startswith("f:"):
            text += f".{element[2:]}"
        elif element.startswith("k:"):
            text += "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in json.loads(element[2:]).items()) + "]"
        elif element.startswith("v:"):
            text += f"[={element[2:]}]"
    return text
