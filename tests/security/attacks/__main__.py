"""One attack in a process of its own, told what to do by one argument in JSON: name, seconds, door, aside.

It steps behind everybody else, and `aside` it has the processor only when nobody else wants it: an attacker's own work
is done on his own machine, and here must not be taken for what he does to the server. Prints its tally as JSON.
"""

import json
import os
import sys
from dataclasses import asdict

from tests.security.attacks.arsenal import ATTACKS
from tests.security.attacks.door import Door

_NICENESS = 19


def main(order: str) -> None:
    told = json.loads(order)
    os.nice(_NICENESS)
    if told["aside"]:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    tally = ATTACKS[told["name"]].run(Door(**told["door"]), told["seconds"])
    sys.stdout.write(json.dumps(asdict(tally)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
