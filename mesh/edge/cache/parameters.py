"""Which query parameters an RPC's cached answers may depend on: the fields of its request, each with one spelling.

What does not fit here is not refused: it goes past the cache to Envoy, which knows the contract too.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from google.protobuf.descriptor import Descriptor, FieldDescriptor

__all__ = ["UNRESERVED", "Parameter", "parameters_of"]

UNRESERVED = "[A-Za-z0-9._~-]"
"""Characters that have one spelling in a URL (RFC 3986, 2.3)."""

_ENCODED = "%(?!2[DE]|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])[0-9A-F][0-9A-F]"
"""Any other byte in its one spelling: in capitals, and never for a character that needs no encoding."""

_TEXT = f"(?:{UNRESERVED}|{_ENCODED})+"
_SIGNED = "(?:0|-?[1-9][0-9]{0,18})"
_UNSIGNED = "(?:0|[1-9][0-9]{0,19})"

_VALUES = {
    FieldDescriptor.TYPE_STRING: _TEXT,
    FieldDescriptor.TYPE_BOOL: "(?:true|false)",
    **dict.fromkeys((FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_INT64), _SIGNED),
    **dict.fromkeys((FieldDescriptor.TYPE_UINT32, FieldDescriptor.TYPE_UINT64), _UNSIGNED),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter.

    Attributes:
        name: as JSON spells it; this spelling goes upstream.
        names: a regular expression of the spellings that a caller may use.
        value: a regular expression of the values that are cached.
    """

    name: str
    names: str
    value: str


def parameters_of(message: Descriptor, in_path: frozenset[str]) -> list[Parameter]:
    """The parameters of a request message in the order of its fields, without those that stand in the path.

    Fields that are messages, repeated, bytes or fractions have many spellings for one value and are left out.
    """
    return list(_parameters(message, in_path))


def _parameters(message: Descriptor, in_path: frozenset[str]) -> Iterator[Parameter]:
    for field in message.fields:
        value = _value(field)
        if field.name not in in_path and not field.is_repeated and value is not None:
            names = sorted({field.json_name, field.name})
            yield Parameter(field.json_name, f"(?:{'|'.join(names)})", value)


def _value(field: FieldDescriptor) -> str | None:
    if field.type == FieldDescriptor.TYPE_ENUM and field.enum_type is not None:
        return f"(?:{'|'.join(field.enum_type.values_by_name)})"
    return _VALUES.get(field.type)
