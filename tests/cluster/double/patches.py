"""The patches that are merged: RFC 7396, RFC 6902, and Kubernetes' strategic merge with its directives."""

import copy
from typing import Any

from tests.cluster.double.schema import Shape
from tests.cluster.double.status import malformed

__all__ = ["json_merge", "json_patch", "strategic_merge"]

_DELETE_FROM, _ORDER, _RETAIN, _PATCH = "$deleteFromPrimitiveList/", "$setElementOrder/", "$retainKeys", "$patch"


def json_merge(target: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = json_merge(result.get(key), value)
    return result


def json_patch(target: dict[str, Any], operations: list[dict[str, Any]]) -> dict[str, Any]:
    """RFC 6902, of which add, replace, remove and test.

    Raises:
        Refused: 400, a path is not there, a test fails, or another operation.
    """
    result = copy.deepcopy(target)
    for each in operations:
        *way, last = (step.replace("~1", "/").replace("~0", "~") for step in each["path"].split("/")[1:])
        parent: Any = result
        try:
            for step in way:
                parent = parent[int(step)] if isinstance(parent, list) else parent[step]
            _operate(parent, last, each)
        except (KeyError, IndexError):
            raise malformed(f"json patch: {each['path']} is not there") from None
    return result


def _operate(parent: Any, last: str, each: dict[str, Any]) -> None:
    key: Any = last if isinstance(parent, dict) else len(parent) if last == "-" else int(last)
    match each["op"]:
        case "add" if isinstance(parent, list):
            parent.insert(key, each["value"])
        case "add":
            parent[key] = each["value"]
        case "replace":
            parent[key]
            parent[key] = each["value"]
        case "remove":
            del parent[key]
        case "test":
            if parent[key] != each["value"]:
                raise malformed(f"json patch: the test of {each['path']} failed")
        case other:
            raise malformed(f"json patch: {other}")


def strategic_merge(target: dict[str, Any], patch: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """Maps are merged, and lists whose schema names a merge key."""
    if patch.get(_PATCH) == "replace":
        return {key: copy.deepcopy(value) for key, value in patch.items() if key != _PATCH}
    result = copy.deepcopy(target)
    if _RETAIN in patch:
        result = {key: value for key, value in result.items() if key in patch[_RETAIN]}
    for key, value in patch.items():
        if key.startswith(_DELETE_FROM):
            name = key.removeprefix(_DELETE_FROM)
            result[name] = [each for each in result.get(name, []) if each not in value]
        elif not key.startswith("$"):
            _merge_member(result, key, value, shape.field(key))
    for key, order in patch.items():
        if key.startswith(_ORDER) and (name := key.removeprefix(_ORDER)) in result:
            result[name] = _ordered(result[name], order, shape.field(name).merge_key)
    return result


def _merge_member(result: dict[str, Any], key: str, value: Any, shape: Shape) -> None:
    if value is None:
        result.pop(key, None)
    elif isinstance(value, dict):
        if value.get(_PATCH) == "delete":
            result.pop(key, None)
        else:
            result[key] = strategic_merge(result.get(key) or {}, value, shape)
    elif isinstance(value, list) and "merge" in shape.strategies:
        result[key] = _merged_list(result.get(key) or [], value, shape)
    else:
        result[key] = copy.deepcopy(value)


def _merged_list(target: list[Any], patch: list[Any], shape: Shape) -> list[Any]:
    name = shape.merge_key
    if not name:
        return [*target, *(each for each in patch if each not in target)]
    if any(each.get(_PATCH) == "replace" for each in patch):
        return copy.deepcopy([each for each in patch if _PATCH not in each])
    result = copy.deepcopy(target)
    for each in patch:
        if name not in each:
            raise malformed(f"strategic merge: an item has no {name}")
        place = next((at for at, item in enumerate(result) if item.get(name) == each[name]), None)
        if each.get(_PATCH) == "delete":
            if place is not None:
                del result[place]
        elif place is None:
            result.append(strategic_merge({}, each, shape.items))
        else:
            result[place] = strategic_merge(result[place], each, shape.items)
    return result


def _ordered(items: list[Any], order: list[Any], name: str) -> list[Any]:
    """Those of the order in its order; what the patch does not know keeps its place behind them."""
    wanted = [each.get(name) if isinstance(each, dict) else each for each in order]

    def place(item: Any) -> int:
        key = item.get(name) if isinstance(item, dict) else item
        return wanted.index(key) if key in wanted else len(wanted)

    return sorted(items, key=place)
