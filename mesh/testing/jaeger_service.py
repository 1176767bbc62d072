"""A service as it was written in 2021: the real jaeger-client, uber-trace-id, Thrift over UDP.

`python -m mesh.testing.jaeger_service NAME AGENT_PORT` prints its port, serves `Unary` (a request's value is the
address to call next, "" for none) until its input ends, then reports what it has and exits.
"""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import opentracing
from google.protobuf.wrappers_pb2 import StringValue
from jaeger_client.config import Config

from mesh.testing.echo import ECHO

_PATH = f"/{ECHO}/Unary"


class Relay:
    """Continues the caller's trace and passes it on, by hand, as one did before there were standards."""

    def __init__(self, tracer: Any) -> None:
        self._tracer = tracer

    def serve(self, request: StringValue, context: Any) -> StringValue:
        carrier = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
        caller = self._tracer.extract(opentracing.Format.TEXT_MAP, carrier)
        with self._tracer.start_span(_PATH, child_of=caller, tags={"span.kind": "server"}) as span:
            if request.value:
                self._call(request.value, span)
        return StringValue(value="relayed")

    def _call(self, address: str, parent: Any) -> None:
        with self._tracer.start_span(_PATH, child_of=parent, tags={"span.kind": "client"}) as span:
            carrier: dict[str, str] = {}
            self._tracer.inject(span, opentracing.Format.TEXT_MAP, carrier)
            with grpc.insecure_channel(address) as channel:
                call = channel.unary_unary(
                    _PATH,
                    request_serializer=StringValue.SerializeToString,
                    response_deserializer=StringValue.FromString,
                )
                call(StringValue(value="hello"), metadata=tuple(carrier.items()), timeout=10)


def _main(name: str, agent_port: int) -> None:
    settings = {
        "sampler": {"type": "const", "param": 1},
        "local_agent": {"reporting_host": "127.0.0.1", "reporting_port": agent_port},
    }
    tracer = Config(settings, service_name=name, validate=True).initialize_tracer()
    assert tracer is not None  # noqa: S101
    handler = grpc.unary_unary_rpc_method_handler(
        Relay(tracer).serve,
        request_deserializer=StringValue.FromString,
        response_serializer=StringValue.SerializeToString,
    )
    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(ECHO, {"Unary": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.stop(1).wait()
    reported = threading.Event()
    # The reporter's queue wakes its loop only for what is said in that loop's own thread.
    reporter: Any = tracer.reporter
    reporter.io_loop.add_callback(lambda: tracer.close().add_done_callback(lambda _: reported.set()))
    reported.wait(10)


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
