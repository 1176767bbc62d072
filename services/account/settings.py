"""What an operator can set about accounts, from `HAMLET_ACCOUNT_*` environment variables. Times are in seconds."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.account.domain.attempts import Patience
from services.account.domain.session import Lifetime

__all__ = ["AccountSettings", "LeadTooShortError"]

_DAY = 86_400.0


class LeadTooShortError(ValueError):
    """Tokens would be signed with keys that verifiers have not seen yet."""


class AccountSettings(BaseSettings):
    """Settings of the account service."""

    model_config = SettingsConfigDict(env_prefix="HAMLET_ACCOUNT_", use_attribute_docstrings=True)

    migrate: bool = True
    """Bring the database to the newest schema at start."""
    access_ttl: int = Field(default=600, gt=0, le=3600)
    """How long an access token works. A changed role or a suspension takes full effect after it."""
    refresh_idle: float = Field(default=30 * _DAY, gt=0)
    """How long a refresh token works; each refresh starts it anew."""
    session_at_most: float = Field(default=90 * _DAY, gt=0)
    """After this a person has to sign in again, however often the session was refreshed."""
    password_memory: int = Field(default=65_536, ge=19_456)
    """KiB that Argon2id uses for one password (RFC 9106, second recommended option)."""
    password_passes: int = Field(default=3, ge=2)
    """Argon2id's time cost. After a change hashes are renewed as people sign in."""
    password_lanes: int = Field(default=4, ge=1)
    """Argon2id's parallelism."""
    password_workers: int = Field(default=2, ge=1)
    """Passwords hashed at once."""
    password_queue: int = Field(default=16, ge=0)
    """Passwords that wait; more are refused as OVERLOADED."""
    free_failures: int = Field(default=5, ge=0)
    """Wrong passwords for one account that cost nothing. With each further one the wait doubles."""
    free_failures_of_address: int = Field(default=50, ge=0)
    """Wrong passwords from one address that cost nothing: many people may share one."""
    failure_wait: float = Field(default=1.0, gt=0)
    """The first wait."""
    failure_wait_at_most: float = Field(default=300.0, gt=0)
    """The longest wait. Nobody is locked out for good."""
    failures_forgotten_after: float = Field(default=3600.0, gt=0)
    """Without a failure for so long, earlier ones are forgotten."""
    key_secret: SecretStr = SecretStr("")
    """Encrypts signing keys in the database, from the next one on. Unset: they are stored as they are, so that whoever
    reads the database can sign tokens. All replicas need the same one; without it encrypted keys cannot be read."""
    key_lead: float = Field(default=15.0, gt=0)
    """How long a new signing key is published before it signs. More than HAMLET_KEY_SET_SECONDS and `key_reload`."""
    key_reload: float = Field(default=1.5, gt=0)
    """How soon a replica learns of a key that another one made."""
    keepers: Annotated[tuple[str, ...], NoDecode] = ("blog", "comment")
    """The services that keep data about people, comma-separated: they are asked to export and to erase it."""
    export_timeout: float = Field(default=30.0, gt=0)
    """How long one of them may take to begin an export; nothing is sent before all have."""
    erase_timeout: float = Field(default=20.0, gt=0)
    """How long one of them may take to erase a person before it is asked again."""
    purge_every: float = Field(default=600.0, gt=0)
    """Between two looks for what has been kept long enough."""

    @field_validator("keepers", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(name for each in value.split(",") if (name := each.strip()))

    @property
    def lifetime(self) -> Lifetime:
        return Lifetime(timedelta(seconds=self.refresh_idle), timedelta(seconds=self.session_at_most))

    @property
    def patience_with_accounts(self) -> Patience:
        return self._patience(self.free_failures)

    @property
    def patience_with_addresses(self) -> Patience:
        return self._patience(self.free_failures_of_address)

    def require_lead(self, key_set_seconds: float) -> None:
        """
        Args:
            key_set_seconds: how long verifiers use a key set without asking for a new one.

        Raises:
            LeadTooShortError: `key_lead` does not cover it.
        """
        if self.key_lead <= key_set_seconds + self.key_reload:
            raise LeadTooShortError(
                f"HAMLET_ACCOUNT_KEY_LEAD={self.key_lead:g} has to be more than HAMLET_KEY_SET_SECONDS="
                f"{key_set_seconds:g} and HAMLET_ACCOUNT_KEY_RELOAD={self.key_reload:g} together"
            )

    def _patience(self, free: int) -> Patience:
        first, at_most, forgotten = self.failure_wait, self.failure_wait_at_most, self.failures_forgotten_after
        return Patience(free, timedelta(seconds=first), timedelta(seconds=at_most), timedelta(seconds=forgotten))
