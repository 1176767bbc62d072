"""Label and field selectors, as in a list's query and in a workload's `selector`."""

import re
from typing import Any

from tests.cluster.double.status import malformed

__all__ = ["fields_match", "labels_match", "matches"]

_SET = re.compile(r"\s*([^\s!=,]+)\s+(in|notin)\s+\(([^)]*)\)\s*")
_CLAUSES = re.compile(r",(?![^(]*\))")


def labels_match(selector: str, labels: dict[str, str]) -> bool:
    """`a=b,c!=d,e in (f,g),h,!i`."""
    return all(_clause(each.strip(), labels) for each in _CLAUSES.split(selector) if each.strip())


def _clause(clause: str, labels: dict[str, str]) -> bool:
    if found := _SET.fullmatch(clause):
        key, operator, values = found.groups()
        return (labels.get(key) in {each.strip() for each in values.split(",")}) is (operator == "in")
    if "!=" in clause:
        key, _, value = clause.partition("!=")
        return labels.get(key.strip()) != value.strip()
    if "=" in clause:
        key, _, value = clause.partition("=")
        return labels.get(key.strip()) == value.removeprefix("=").strip()
    return clause[1:] not in labels if clause.startswith("!") else clause in labels


def fields_match(selector: str, document: dict[str, Any]) -> bool:
    """`metadata.name=x,status.phase!=Running`: the fields that every kind has, and any other by its path."""
    for each in filter(None, selector.split(",")):
        path, operator, wanted = re.split(r"(!=|==?)", each, maxsplit=1)
        value: Any = document
        for step in path.split("."):
            if not isinstance(value, dict):
                raise malformed(f"field selector {path}")
            value = value.get(step, "")
        if (value == wanted) is (operator == "!="):
            return False
    return True


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """A `matchLabels`; expressions are not used by what the double runs."""
    wanted: dict[str, str] = selector.get("matchLabels", {})
    return wanted.items() <= labels.items()
