"""Every variable that the village's processes read, from the classes that read them."""

import os
from collections.abc import Iterator, Mapping
from unittest.mock import patch

from pydantic_settings import BaseSettings

from mesh.edge import EdgeSettings
from mesh.edge.cache import CacheSettings
from mesh.settings import EndpointSettings, MeshSettings, endpoint_of
from services.account.settings import AccountSettings
from services.blog.settings import BlogSettings
from services.cli.cluster.certificates import ClusterSettings
from services.cli.layout import SERVICES
from services.comment.settings import CommentSettings
from services.spam.settings import SpamSettings

__all__ = ["known_variables", "parsed"]

_SETTINGS: tuple[type[BaseSettings], ...] = (
    MeshSettings,
    EdgeSettings,
    CacheSettings,
    AccountSettings,
    BlogSettings,
    CommentSettings,
    SpamSettings,
    ClusterSettings,
)
_OF_JOBS = (
    "HAMLET_ADMIN_USERNAME",
    "HAMLET_ADMIN_EMAIL",
    "HAMLET_ADMIN_PASSWORD",
    "HAMLET_ADMIN_PASSWORD_FILE",
    "HAMLET_URL",
    "HAMLET_JAEGER_URL",
)
_OF_OTHERS = ("HOME", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "OTEL_EXPORTER_OTLP_ENDPOINT", "HAMLET_LOG_FORMAT")


def parsed(environment: Mapping[str, str]) -> None:
    """Reads every setting from these variables and no others, as the processes do at their start.

    Raises:
        pydantic.ValidationError: one of them has a value that its process does not take.
    """
    with patch.dict(os.environ, environment, clear=True):
        for settings in _SETTINGS:
            settings()
        for service in SERVICES:
            assert endpoint_of(service).target


def known_variables() -> frozenset[str]:
    return frozenset(_named()) | {*_OF_JOBS, *_OF_OTHERS}


def _named() -> Iterator[str]:
    for settings in _SETTINGS:
        prefix = settings.model_config["env_prefix"]
        yield from (f"{prefix}{field}".upper() for field in settings.model_fields)
    for service in SERVICES:
        yield from (f"HAMLET_{service.upper()}_DATABASE_{end}" for end in ("URL", "PASSWORD", "PASSWORD_FILE"))
        yield from (f"HAMLET_{service}_{field}".upper() for field in EndpointSettings.model_fields)
