"""Errors whose text tells an operator what to do; everything else is a bug and keeps its traceback."""

from services.cli.layout import NotRunningError
from services.cli.refusal import RefusedError
from services.storage.url import DatabaseUrlError

__all__ = ["MENDABLE"]

MENDABLE: tuple[type[Exception], ...] = (NotRunningError, RefusedError, DatabaseUrlError)
