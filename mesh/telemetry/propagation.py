"""Trace context in and out: W3C, B3 (single and multi) and uber-trace-id are read; W3C is always written.

`OTEL_PROPAGATORS` adds formats to what is written (`tracecontext,baggage,b3,b3multi,jaeger`).
"""

import os
from collections.abc import Mapping

from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.propagators.b3 import B3MultiFormat, B3SingleFormat
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.jaeger import JaegerPropagator
from opentelemetry.propagators.textmap import (
    CarrierT,
    Getter,
    Setter,
    TextMapPropagator,
    default_getter,
    default_setter,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

__all__ = ["MeshPropagator", "propagator_from"]

_FORMATS: dict[str, type[TextMapPropagator]] = {
    "tracecontext": TraceContextTextMapPropagator,
    "baggage": W3CBaggagePropagator,
    "b3": B3SingleFormat,
    "b3multi": B3MultiFormat,
    "jaeger": JaegerPropagator,
}
_ALWAYS = ("tracecontext", "baggage")


class MeshPropagator(TextMapPropagator):
    """Reads every format, the later in this order winning: uber-trace-id, B3, W3C. Writes W3C and `formats`."""

    def __init__(self, formats: tuple[str, ...] = ()) -> None:
        readers = [JaegerPropagator(), B3MultiFormat(), TraceContextTextMapPropagator(), W3CBaggagePropagator()]
        self._reader = CompositePropagator(readers)
        self._writer = CompositePropagator([_FORMATS[name]() for name in dict.fromkeys((*_ALWAYS, *formats))])

    def extract(
        self, carrier: CarrierT, context: Context | None = None, getter: Getter[CarrierT] = default_getter
    ) -> Context:
        return self._reader.extract(carrier, Context() if context is None else context, getter)

    def inject(
        self, carrier: CarrierT, context: Context | None = None, setter: Setter[CarrierT] = default_setter
    ) -> None:
        self._writer.inject(carrier, context, setter)

    @property
    def fields(self) -> set[str]:
        return self._writer.fields


def propagator_from(environment: Mapping[str, str] = os.environ) -> MeshPropagator:
    """The propagator that `OTEL_PROPAGATORS` asks for.

    Raises:
        ValueError: it names a format that does not exist.
    """
    wanted = [name.strip() for name in environment.get("OTEL_PROPAGATORS", "").split(",")]
    formats = tuple(name for name in wanted if name and name != "none")
    if unknown := set(formats) - set(_FORMATS):
        raise ValueError(f"OTEL_PROPAGATORS: unknown {sorted(unknown)}; known {sorted(_FORMATS)}")
    return MeshPropagator(formats)
