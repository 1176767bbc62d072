"""One fuzzing process: `python -m tests.security.fuzz.worker RUNS SEED RESULT [planted]`.

atheris (libFuzzer) chooses inputs by what they reach in the mesh. The result, in JSON, counts how each RPC answered,
and keeps the first inputs that were answered as nobody should be.
"""

import json
import os
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["mesh"]):
    from tests.security.fuzz.harness import Harness
from tests.security.fuzz.mutation import Mutator
from tests.security.fuzz.seeds import seeds_of

_SEEDS, _KEPT, _HANG_SECONDS = 20, 10, 10
FAULTS = ("INTERNAL", "UNKNOWN")


def main(runs: int, seed: int, result: Path, planted: bool) -> None:
    folder = Path(tempfile.mkdtemp())
    harness = Harness(folder, planted=planted)
    chance = random.Random(seed)
    seeds = [seeds_of(rpc.descriptor.input_type, _SEEDS, chance) for rpc in harness.rpcs if rpc.descriptor]
    mutator = Mutator(harness.rpcs, seeds, lambda data, most: bytes(atheris.Mutate(data, most)))
    outcomes: Counter[tuple[str, str]] = Counter()
    faults: list[str] = []

    def one_input(data: bytes) -> None:
        if len(data) >= 2:
            ran = harness.run(data)
            outcomes[ran] += 1
            if ran[1].startswith(FAULTS) and len(faults) < _KEPT:
                faults.append(f"{ran[0]} {data.hex()}")
        if outcomes.total() >= runs:
            found = [[*key, count] for key, count in outcomes.items()]
            result.write_text(json.dumps({"outcomes": found, "faults": faults}))
            # libFuzzer has no other way to end with success before its own count of runs is full.
            os._exit(0)

    options = [f"-seed={seed}", f"-timeout={_HANG_SECONDS}", "-max_len=4096", f"-artifact_prefix={folder}/"]
    atheris.Setup([sys.argv[0], *options], one_input, custom_mutator=mutator.mutate, internal_libfuzzer=True)
    atheris.Fuzz()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), planted=sys.argv[4:] == ["planted"])
