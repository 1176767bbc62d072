"""Structured logs: one JSON object a line with the ids of the trace, or something for human eyes on a terminal."""

import logging
import os
import sys
from typing import Any, TextIO

import structlog
from opentelemetry import trace

from mesh.telemetry.redaction import redact

__all__ = ["configure_logs"]

_QUOTING = (
    "opentelemetry.baggage.propagation",
    "opentelemetry.trace.span",
    "opentelemetry.trace.propagation.tracecontext",
)
"""They warn of a malformed header with the caller's own words, baggage with a line for each of 180 entries."""


def configure_logs(service_name: str, *, level: str | None = None, stream: TextIO | None = None) -> None:
    """Sends structlog and the standard library's logging through the same processors to `stream` (stderr).

    Environment: HAMLET_LOG_FORMAT `json` or `console` (default: console on a terminal), HAMLET_LOG_LEVEL.

    Raises:
        ValueError: an unknown level or format.
    """
    target = stream or sys.stderr
    shared = _shared(service_name)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact,
                _renderer(target),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    for name in _QUOTING:
        logging.getLogger(name).setLevel(logging.ERROR)
    root.setLevel((level or os.environ.get("HAMLET_LOG_LEVEL") or "INFO").upper())


def _shared(service_name: str) -> list[Any]:
    def with_service(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["service"] = service_name
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        with_service,
        _with_trace,
        _exception_without_text,
    ]


def _with_trace(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
        event["span_id"] = trace.format_span_id(context.span_id)
    return event


def _exception_without_text(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Type and place of an exception. Its text may hold what a person wrote."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error_type"] = type(error).__qualname__
        event["where"] = _frames(error)
    return event


def _frames(error: BaseException) -> list[str]:
    frames, at = [], error.__traceback__
    while at is not None:
        code = at.tb_frame.f_code
        frames.append(f"{code.co_filename}:{at.tb_lineno} {code.co_name}")
        at = at.tb_next
    return frames


def _renderer(stream: TextIO) -> Any:
    wanted = os.environ.get("HAMLET_LOG_FORMAT") or ("console" if stream.isatty() else "json")
    if wanted == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    if wanted == "console":
        return structlog.dev.ConsoleRenderer(colors=stream.isatty())
    raise ValueError(f"HAMLET_LOG_FORMAT is json or console, not {wanted!r}")
