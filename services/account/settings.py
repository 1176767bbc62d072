"""What an operator can set about accounts, from `HAMLET_ACCOUNT_*` environment variables. Times are in seconds."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, FilePath, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.account.domain.attempts import Allowance
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
    guesses_of_login: int = Field(default=3, ge=1)
    """Wrong passwords, one after the other, that strangers may try under one login. An account has two."""
    guess_of_login_every: float = Field(default=450.0, gt=0)
    """After each so long they have one more: five in any fifteen minutes, ten for both logins of an account."""
    guesses_of_address: int = Field(default=40, ge=1)
    """Wrong passwords from one address, or one IPv6 /64: many people may share one."""
    guess_of_address_every: float = Field(default=45.0, gt=0)
    """After each so long there is one more."""
    guesses_of_device: int = Field(default=5, ge=1)
    """Wrong passwords on a device that has signed in before, and of whoever changes a password."""
    guess_of_device_every: float = Field(default=180.0, gt=0)
    """After each so long there is one more."""
    failures_of_all: int = Field(default=300, ge=1)
    """Wrong passwords of strangers all over, beyond which each stranger has a fifth of their attempts."""
    failure_of_all_every: float = Field(default=3.0, gt=0)
    """How often a stranger may fail, all over, without anything being unusual."""
    device_known_for: float = Field(default=400 * _DAY, gt=0)
    """How long a device is known after a sign-in on it."""
    key_secret: SecretStr = SecretStr("")
    """Encrypts signing keys in the database, from the next one on. Unset: they are stored as they are, so that whoever
    reads the database can sign tokens. All replicas need the same one; without it encrypted keys cannot be read."""
    key_secret_file: FilePath | None = None
    """A file that holds `key_secret`, so that no environment does."""
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

    @model_validator(mode="after")
    def _read_key_secret(self) -> Self:
        if self.key_secret_file is not None:
            self.key_secret = SecretStr(self.key_secret_file.read_text().rstrip())
        return self

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
    def allowance_of_login(self) -> Allowance:
        return Allowance(self.guesses_of_login, timedelta(seconds=self.guess_of_login_every))

    @property
    def allowance_of_address(self) -> Allowance:
        return Allowance(self.guesses_of_address, timedelta(seconds=self.guess_of_address_every))

    @property
    def allowance_of_device(self) -> Allowance:
        return Allowance(self.guesses_of_device, timedelta(seconds=self.guess_of_device_every))

    @property
    def allowance_of_all(self) -> Allowance:
        return Allowance(self.failures_of_all, timedelta(seconds=self.failure_of_all_every))

    @property
    def attempts_forgotten_after(self) -> timedelta:
        """When nothing is left of any count."""
        allowances = (self.allowance_of_login, self.allowance_of_address, self.allowance_of_device)
        return max(each.forgotten_after for each in (*allowances, self.allowance_of_all))

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
