"""Counts what an RPC asks of its database, by the real statements of the real service."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor
from sqlalchemy import Engine, event

from mesh.call import Call, current_or_none

__all__ = ["Statements", "counted", "names_of"]


@dataclass
class Statements:
    """The statements of each call, without the beginning of its transactions. Relays and housekeeping are no call."""

    _calls: list[tuple[Call, list[str]]] = field(default_factory=list)

    def note(self, statement: str) -> None:
        call = current_or_none()
        if call is None or statement.startswith(("BEGIN", "SELECT set_config", "PRAGMA")):
            return
        if not self._calls or self._calls[-1][0] is not call:
            self._calls.append((call, []))
        self._calls[-1][1].append(statement)

    def of_last(self) -> dict[str, int]:
        """How many the last call of each RPC took."""
        return {call.method.name: len(statements) for call, statements in self._calls}

    def of(self, name: str) -> list[str]:
        """The statements of the last call of an RPC."""
        return [statements for call, statements in self._calls if call.method.name == name][-1]


@contextmanager
def counted(without: str = "") -> Iterator[Statements]:
    """What is asked of any database of this process inside the block.

    Args:
        without: statements with these words are left out.
    """
    statements = Statements()

    def note(connection: Any, cursor: Any, statement: str, *_: object) -> None:
        if not without or without not in statement:
            statements.note(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def names_of(*services: ServiceDescriptor) -> set[str]:
    return {method.name for service in services for method in service.methods}
