"""`python -m tests.cluster.double [IMAGE ...]`: the test double alone, for Helm and kubectl by hand, until Ctrl-C."""

import signal
import sys
import tempfile
from pathlib import Path

from tests.cluster.double.cluster import Double


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Double(sys.argv[1:]) as double:
        file = double.kubeconfig(Path(folder) / "kubeconfig")
        sys.stdout.write(f"a test double of the API server, no cluster: export KUBECONFIG={file}\n")
        sys.stdout.flush()
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()
