"""Idempotency keys (AIP-155, Stripe's contract): one request_id, one effect, one answer.

The key is written in the transaction of the effect, so that there is never one without the other. It is written
*first*: on PostgreSQL a duplicate then waits at the unique key until the first attempt has ended, on SQLite writers
queue anyway. An attempt that fails leaves no key, whatever its error: nothing but an answer that was given is replayed.
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from google.protobuf.message import Message
from hamlet.error.v1.error_reason_pb2 import ErrorReason
from sqlalchemy import Column, LargeBinary, MetaData, Row, Table, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from mesh.call import Call
from mesh.errors import HamletError
from services.storage.bytes_search import contains
from services.storage.database import Database
from services.storage.errors import is_lock_timeout
from services.storage.types import UtcDateTime, bytewise_text

__all__ = ["IdempotencyKeys", "request_fingerprint"]

Answer = TypeVar("Answer", bound=Message)
Effect = Callable[[AsyncSession], Awaitable[Answer]]

_RETENTION = timedelta(hours=24)
_RETRY_AFTER = 0.5


class IdempotencyKeys:
    """The table `idempotency_keys` of a service, and what is done with it.

    Answers are kept in the clear: do not use it for an RPC that answers with a secret (a token, a password).
    """

    def __init__(self, metadata: MetaData, *, retention: timedelta = _RETENTION) -> None:
        self._retention = retention
        self.table = Table(
            "idempotency_keys",
            metadata,
            Column("scope", bytewise_text(80), primary_key=True),
            Column("method", bytewise_text(200), primary_key=True),
            Column("request_id", bytewise_text(64), primary_key=True),
            Column("fingerprint", LargeBinary(32), nullable=False),
            Column("answer", LargeBinary(), nullable=False),
            Column("created_at", UtcDateTime(), nullable=False),
            Column("expires_at", UtcDateTime(), nullable=False, index=True),
        )

    async def once(
        self,
        database: Database,
        call: Call,
        request: Message,
        answer_type: type[Answer],
        effect: Effect[Answer],
        *,
        secrets: Sequence[str] = (),
    ) -> Answer:
        """Runs `effect` in a transaction, or replays the answer that the same request got before.

        Without a `request_id` in the request the effect simply runs. The effect must do nothing that a rollback does
        not undo.

        Args:
            secrets: fields of the request, such as a password, that stay out of the fingerprint: it is a fast hash,
                from which a weak secret could be guessed.

        Raises:
            HamletError: REQUEST_ID_REUSED when the id came with other parameters; REQUEST_IN_PROGRESS when the first
                attempt takes longer than a lock may be waited for; what the effect and `database.write` raise.
        """
        request_id = str(getattr(request, "request_id", ""))
        if not request_id:
            async with database.write() as session:
                return await effect(session)
        key = _key(call, request_id)
        fingerprint = request_fingerprint(request, without=secrets)
        async with database.write() as session:
            if not await self._claim(session, key, fingerprint):
                # The key's account is the caller's own, so nobody is shown anything of somebody else's.
                call.ownership_open = False
                return await self._replay(session, key, fingerprint, answer_type)
            answer = await effect(session)
            encoded = answer.SerializeToString(deterministic=True)
            await session.execute(update(self.table).filter_by(**key).values(answer=encoded))
        return answer_type.FromString(encoded)

    async def answered(
        self, session: AsyncSession, call: Call, request: Message, answer_type: type[Answer]
    ) -> Answer | None:
        """The answer that the same request got before, without doing anything; None if there is none yet.

        Raises:
            HamletError: REQUEST_ID_REUSED when the id came with other parameters.
        """
        request_id = str(getattr(request, "request_id", ""))
        if not request_id:
            return None
        key = _key(call, request_id)
        row: Row[Any] | None = (await session.execute(select(self.table).filter_by(**key))).first()
        return None if row is None else _answer_in(row, request_fingerprint(request), answer_type)

    async def settle(
        self, session: AsyncSession, call: Call, request: Message, receipt: Answer, answer: Answer
    ) -> Answer:
        """Puts the answer in the place of the receipt that the effect gave for it, unless another attempt was faster.

        For effects that take two transactions: the first stores a receipt (an answer that no client is sent), the
        second, of whichever attempt comes first, the answer that all of them get.

        Returns:
            The answer to give: this one, or the other attempt's.
        """
        request_id = str(getattr(request, "request_id", ""))
        encoded = answer.SerializeToString(deterministic=True)
        settled = type(answer).FromString(encoded)
        if not request_id:
            return settled
        key = _key(call, request_id)
        awaited = self.table.c.answer == receipt.SerializeToString(deterministic=True)
        statement = update(self.table).filter_by(**key).where(awaited).values(answer=encoded)
        if (await session.execute(statement.returning(self.table.c.request_id))).first() is not None:
            return settled
        row: Row[Any] | None = (await session.execute(select(self.table).filter_by(**key))).first()
        # Without a row it was erased meanwhile, and nobody will ask for it again.
        return settled if row is None else type(answer).FromString(row.answer)

    async def purge(self, session: AsyncSession, *, now: datetime | None = None) -> None:
        """Removes keys whose retention is over."""
        await session.execute(delete(self.table).where(self.table.c.expires_at <= (now or datetime.now(UTC))))

    async def erase(self, session: AsyncSession, *fragments: str) -> None:
        """Removes keys that hold any of the given texts (an account's id, an e-mail address) in scope or answer."""
        for fragment in filter(None, fragments):
            held = contains(self.table.c.answer, fragment.encode())
            await session.execute(delete(self.table).where(or_(self.table.c.scope == _account_scope(fragment), held)))

    async def _claim(self, session: AsyncSession, key: dict[str, str], fingerprint: bytes) -> bool:
        """Writes the key; False if there is one. Waits for whoever is writing the same."""
        now = datetime.now(UTC)
        values = {**key, "fingerprint": fingerprint, "answer": b"", "created_at": now}
        values["expires_at"] = now + self._retention
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        statement = insert(self.table).values(**values).on_conflict_do_nothing().returning(self.table.c.request_id)
        try:
            return (await session.execute(statement)).first() is not None
        except DBAPIError as error:
            if not is_lock_timeout(error):
                raise
            raise HamletError(ErrorReason.ERROR_REASON_REQUEST_IN_PROGRESS, retry_after=_RETRY_AFTER) from None

    async def _replay(
        self, session: AsyncSession, key: dict[str, str], fingerprint: bytes, answer_type: type[Answer]
    ) -> Answer:
        row: Row[Any] | None = (await session.execute(select(self.table).filter_by(**key))).first()
        if row is None:
            # Purged or erased between the two statements.
            raise HamletError(ErrorReason.ERROR_REASON_REQUEST_IN_PROGRESS, retry_after=_RETRY_AFTER)
        return _answer_in(row, fingerprint, answer_type)


def request_fingerprint(request: Message, *, without: Sequence[str] = ()) -> bytes:
    """SHA-256 of the request without its `request_id` and the fields in `without`."""
    parameters = type(request)()
    parameters.CopyFrom(request)
    for field in ("request_id", *without):
        parameters.ClearField(field)
    name = request.DESCRIPTOR.full_name.encode()
    return hashlib.sha256(name + b"\0" + parameters.SerializeToString(deterministic=True)).digest()


def _key(call: Call, request_id: str) -> dict[str, str]:
    return {"scope": _scope(call), "method": call.method.path, "request_id": request_id}


def _answer_in(row: Row[Any], fingerprint: bytes, answer_type: type[Answer]) -> Answer:
    if row.fingerprint != fingerprint:
        raise HamletError(ErrorReason.ERROR_REASON_REQUEST_ID_REUSED)
    return answer_type.FromString(row.answer)


def _scope(call: Call) -> str:
    """Whose ids these are: two callers may choose the same one."""
    if call.principal is not None:
        return _account_scope(call.principal.account_id)
    return f"workload:{call.caller.workload}"


def _account_scope(account_id: str) -> str:
    return f"account:{account_id}"
