"""Erasing a person elsewhere, which is asked for until it is confirmed."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.account.clients import Keeper
from services.storage.database import Database
from services.storage.outbox import OutboxMessage
from services.storage.relay import Handler
from services.storage.scrub import scrub

__all__ = ["SCRUB", "Erasure", "topic_of"]

SCRUB = "scrub"
"""The outbox topic under which the database's files forget too."""


def topic_of(keeper: str) -> str:
    """The outbox topic under which a service is asked to erase people."""
    return f"erase-{keeper}"


@dataclass(frozen=True, slots=True)
class Erasure:
    """What the relay does with the messages that a deletion left.

    Attributes:
        keepers: the services that keep data about people, by name.
    """

    database: Database
    keepers: Mapping[str, Keeper]

    @property
    def handlers(self) -> dict[str, Handler]:
        """By topic."""
        return {SCRUB: self._scrub, **{topic_of(name): self._erase for name in self.keepers}}

    async def _erase(self, message: OutboxMessage) -> None:
        """Asks one service to erase a person; raises until it has."""
        await self.keepers[message.topic.removeprefix(topic_of(""))].erase(message.key)

    async def _scrub(self, _message: OutboxMessage) -> None:
        await scrub(self.database)
