"""`make test-jaeger`: the trace tests against a real Jaeger, or SKIPPED as the last line where there is none."""

import os
import subprocess
import sys

if not (os.environ.get("JAEGER_BIN") or os.environ.get("JAEGER_QUERY_URL")):
    sys.stdout.write(
        "No Jaeger here: set JAEGER_BIN to a jaeger binary, or JAEGER_QUERY_URL to a running one's query API and\n"
        "HAMLET_TRACES_FORWARD to its OTLP/gRPC host:port. The same assertions run on what the embedded OTLP\n"
        "receiver got in `make test`.\n"
        "SKIPPED\n"
    )
    sys.exit(0)
sys.exit(subprocess.call([sys.executable, "-m", "pytest", "-m", "jaeger", "tests/e2e/test_one_trace.py"]))
