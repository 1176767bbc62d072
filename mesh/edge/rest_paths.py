"""The REST paths of the contracts, as a tree by segments: what a path admits when another method was tried."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from google.api import annotations_pb2

from mesh.edge.exposure import PublicMethod

__all__ = ["ANY", "VERBS", "Tree", "plain_reads", "rest_paths"]

Tree = dict[str, Any]
"""By segment a tree; under `VERBS` the methods, by the custom verb at the path's end (AIP-136), "" without one."""

ANY, VERBS = "*", ":"
"""The key of a segment that is a variable; and the key under which a path ends."""

_METHODS = ("get", "put", "post", "delete", "patch")
_TEMPLATE = re.compile(r"(?P<segments>(?:/(?:[\w.~-]+|\{[\w.]+\}))+)(?::(?P<verb>\w+))?")


def rest_paths(methods: Iterable[PublicMethod], pages: Iterable[str] = ()) -> Tree:
    """The paths of `google.api.http` and those of `pages`, which admit GET. HEAD stands wherever a GET has one answer.

    Raises:
        ValueError: a template is of a kind that this does not read: `**`, or a variable of several segments.
    """
    tree: Tree = {}
    for method, template in _admitted(methods, pages):
        found = _parsed(template)
        node = tree
        for segment in found["segments"][1:].split("/"):
            node = node.setdefault(ANY if segment.startswith("{") else segment, {})
        verbs = node.setdefault(VERBS, {})
        verb = found["verb"] or ""
        verbs[verb] = ", ".join(sorted({*filter(None, verbs.get(verb, "").split(", ")), method}))
    return tree


def plain_reads(methods: Iterable[PublicMethod]) -> str:
    """A regular expression (RE2) for the path and query of a GET whose answer is one message.

    It matches no path with a colon in a variable, which may be a verb.
    """
    unary = (public for public in methods if not _streams(public))
    reads = sorted({_pattern(template) for method, template in _bindings(unary) if method == "GET"})
    return rf"(?:{'|'.join(reads)})(?:\?.*)?"


def _admitted(methods: Iterable[PublicMethod], pages: Iterable[str]) -> Iterator[tuple[str, str]]:
    for public in methods:
        for method, template in _bindings([public]):
            yield method, template
            if method == "GET" and not _streams(public):
                yield "HEAD", template
    for page in pages:
        yield from (("GET", page), ("HEAD", page))


def _streams(public: PublicMethod) -> bool:
    assert public.method.descriptor is not None  # noqa: S101 - methods_of sets it
    return bool(public.method.descriptor.server_streaming)


def _pattern(template: str) -> str:
    found = _parsed(template)
    segments = ("[^/?:]+" if each.startswith("{") else re.escape(each) for each in found["segments"].split("/"))
    return "/".join(segments) + (f":{found['verb']}" if found["verb"] else "")


def _parsed(template: str) -> "re.Match[str]":
    found = _TEMPLATE.fullmatch(template)
    if found is None:
        raise ValueError(f"not a path of single segments: {template}")
    return found


def _bindings(methods: Iterable[PublicMethod]) -> Iterator[tuple[str, str]]:
    for public in methods:
        assert public.method.descriptor is not None  # noqa: S101 - methods_of sets it
        rule = public.method.descriptor.GetOptions().Extensions[annotations_pb2.http]
        for each in (rule, *rule.additional_bindings):
            kind = each.WhichOneof("pattern")
            if kind not in _METHODS:
                raise ValueError(f"{public.method.path} has a REST path without an ordinary method")
            yield kind.upper(), getattr(each, kind)
