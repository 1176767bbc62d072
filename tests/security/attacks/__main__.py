"""One attack in a process of its own, told what to do by one argument in JSON: name, seconds, door.

It steps behind everybody else, so that a machine of few cores measures the server and not this attacker's Python.
Prints its tally as JSON.
"""

import json
import os
import sys
from dataclasses import asdict

from tests.security.attacks.arsenal import ATTACKS
from tests.security.attacks.door import Door

_NICENESS = 19


def main(order: str) -> None:
    os.nice(_NICENESS)
    told = json.loads(order)
    tally = ATTACKS[told["name"]].run(Door(**told["door"]), told["seconds"])
    sys.stdout.write(json.dumps(asdict(tally)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
