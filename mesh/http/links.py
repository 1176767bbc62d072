"""Pagination links (RFC 8288).

They are made of the decoded request and the contract's path, never of the URL that was sent: what a stranger adds to a
URL cannot come out of a cache as somebody else's link.
"""

from urllib.parse import quote, urlencode

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from mesh.http.shape import Shape

__all__ = ["page_links"]


def page_links(shape: Shape, request: Message, next_page_token: str) -> str:
    """`rel="next"` while there is a next page, `rel="first"` on all but the first one; "" without either."""
    path, query = _path(shape, request), _query(shape, request)
    links = []
    if next_page_token:
        links.append(_link(path, [*query, ("pageToken", next_page_token)], "next"))
    if getattr(request, "page_token"):  # noqa: B009 - the stubs do not know it
        links.append(_link(path, query, "first"))
    return ", ".join(links)


def _path(shape: Shape, request: Message) -> str:
    path = shape.path
    for name in shape.variables:
        path = path.replace(f"{{{name}}}", quote(str(getattr(request, name)), safe=""))
    return path


def _query(shape: Shape, request: Message) -> list[tuple[str, str]]:
    """The fields that are set, but for those of the path and the token, in the contract's order."""
    return [
        (field.json_name, _text(field, value))
        for field, value in request.ListFields()
        if field.name not in shape.variables and field.name != "page_token"
    ]


def _text(field: FieldDescriptor, value: object) -> str:
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(int(str(value)))
        return str(value) if known is None else known.name
    return str(value).lower() if isinstance(value, bool) else str(value)


def _link(path: str, query: list[tuple[str, str]], relation: str) -> str:
    target = f"{path}?{urlencode(query)}" if query else path
    return f'<{target}>; rel="{relation}"'
