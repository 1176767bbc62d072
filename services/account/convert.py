"""Between the contract and the domain."""

from datetime import UTC, datetime

from google.protobuf.struct_pb2 import Struct
from hamlet.account.v1 import account_pb2
from hamlet.mesh.v1 import key_set_service_pb2
from hamlet.mesh.v1.policy_pb2 import Role as ContractRole
from joserfc.jwk import OKPKey

from services.account.domain.account import Account
from services.account.domain.session import Session
from services.account.handlers.signing_in import SignedIn
from services.storage.etag import etag_of

__all__ = ["account_message", "etag", "exported", "key_message", "session_message"]


def etag(account: Account) -> str:
    return etag_of(account.id, account.version)


def account_message(account: Account, now: datetime | None = None) -> account_pb2.Account:
    suspended = account.is_suspended(now or datetime.now(UTC))
    state = account_pb2.ACCOUNT_STATE_SUSPENDED if suspended else account_pb2.ACCOUNT_STATE_ACTIVE
    message = account_pb2.Account(
        id=account.id,
        username=account.username,
        email=account.email,
        display_name=account.name,
        website=account.website,
        role=ContractRole.ValueType(account.role),
        state=state,
        etag=etag(account),
    )
    message.create_time.FromDatetime(account.created_at)
    message.update_time.FromDatetime(account.updated_at)
    if suspended and account.suspended_until is not None:
        message.suspended_until.FromDatetime(account.suspended_until)
    return message


def session_message(signed_in: SignedIn) -> account_pb2.Session:
    message = account_pb2.Session(
        access_token=signed_in.access_token,
        refresh_token=signed_in.refresh_token,
        device_token=signed_in.device_token,
        account=account_message(signed_in.account),
    )
    message.access_expire_time.FromDatetime(signed_in.access_expires_at)
    message.refresh_expire_time.FromDatetime(signed_in.session.expires_at)
    return message


def key_message(kid: str, key: OKPKey) -> key_set_service_pb2.Key:
    public = key.as_dict(private=False)
    return key_set_service_pb2.Key(kty="OKP", crv="Ed25519", x=str(public["x"]), kid=kid, use="sig", alg="EdDSA")


def exported(account: Account, sessions: list[Session]) -> list[tuple[str, Struct]]:
    """(kind, record) of what this service keeps about a person, in the contract's JSON names."""
    return [("account", _exported_account(account)), *(("session", _exported_session(each)) for each in sessions)]


def _exported_account(account: Account) -> Struct:
    suspension = {"suspended": account.suspended, "suspendedUntil": _exported_time(account.suspended_until)}
    record = Struct()
    record.update(
        {
            "id": account.id,
            "username": account.username,
            "email": account.email,
            "displayName": account.name,
            "website": account.website,
            "role": account.role.name,
            "createTime": _exported_time(account.created_at),
            "updateTime": _exported_time(account.updated_at),
            **(suspension if account.suspended else {}),
        }
    )
    return record


def _exported_session(session: Session) -> Struct:
    record = Struct()
    record.update(
        {
            "id": session.id,
            "createTime": _exported_time(session.created_at),
            "refreshTime": _exported_time(session.refreshed_at),
            "expireTime": _exported_time(session.expires_at),
            "endTime": _exported_time(session.ended_at),
        }
    )
    return record


def _exported_time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
