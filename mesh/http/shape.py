"""What HTTP needs to know of an RPC, read from its descriptors once."""

import re
from dataclasses import dataclass
from typing import Self

from google.api import annotations_pb2
from google.api.http_pb2 import HttpRule
from google.protobuf.descriptor import Descriptor, MethodDescriptor

from mesh.policy import Method

__all__ = ["Shape", "shape_of"]

_VARIABLE = re.compile(r"\{([a-z0-9_.]+)[^}]*\}")


@dataclass(frozen=True, slots=True)
class Shape:
    """
    Attributes:
        path: the REST path's template, `/v1/posts/{post_id}/comments`; "" for an RPC without one.
        variables: the fields of the request that stand in the path.
        etag: where the request holds the tag of the state that it changes: `("etag",)`, `("post", "etag")`, or `()`.
        reads: the RPC changes nothing.
        resource: what a single resource is called that is answered, `post`; "" for any other answer.
        parents: the resources that the request names, `(("post", "post_id"),)`.
    """

    path: str
    variables: tuple[str, ...]
    etag: tuple[str, ...]
    takes_request_id: bool
    takes_resume_token: bool
    reads: bool
    tagged: bool
    paged: bool
    resource: str
    parents: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, method: MethodDescriptor) -> Self:
        request, answer = method.input_type, method.output_type
        options = method.GetOptions()
        path = _path(options.Extensions[annotations_pb2.http])
        variables = tuple(_VARIABLE.findall(path))
        reads = options.idempotency_level == options.NO_SIDE_EFFECTS
        return cls(
            path=path,
            variables=variables,
            etag=() if reads else _etag(request, variables),
            takes_request_id="request_id" in request.fields_by_name,
            takes_resume_token="resume_token" in request.fields_by_name,
            reads=reads,
            tagged="etag" in answer.fields_by_name,
            paged={"page_token"} <= set(request.fields_by_name) and "next_page_token" in answer.fields_by_name,
            resource=_snake(answer.name) if "id" in answer.fields_by_name else "",
            parents=tuple(
                (name.removesuffix("_id"), name)
                for name in request.fields_by_name
                if name.endswith("_id") and name != "request_id"
            ),
        )


_known: dict[str, Shape] = {}


def shape_of(method: Method) -> Shape:
    """By path, because a hash of the whole record would be taken anew for each call."""
    known = _known.get(method.path)
    if known is None:
        assert method.descriptor is not None  # noqa: S101
        known = _known[method.path] = Shape.of(method.descriptor)
    return known


def _path(rule: HttpRule) -> str:
    pattern = rule.WhichOneof("pattern")
    return str(getattr(rule, pattern)) if pattern and pattern != "custom" else ""


def _etag(request: Descriptor, variables: tuple[str, ...]) -> tuple[str, ...]:
    """A resource in the request has a tag to compare only if the path says which one it is: a new one has none."""
    if "etag" in request.fields_by_name:
        return ("etag",)
    for field in request.fields:
        inner = field.message_type
        if inner is not None and f"{field.name}.id" in variables and "etag" in inner.fields_by_name:
            return (field.name, "etag")
    return ()


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
