"""Stands in for the entrypoint of PostgreSQL's image, which cannot be fetched here; PostgreSQL itself is a real one.

Does what compose.yaml relies on: a new volume is set up on its socket alone, with the password of
`POSTGRES_PASSWORD_FILE`, and by every script in `/docker-entrypoint-initdb.d`; then it serves by that password.
"""

import os
import subprocess
import sys
from pathlib import Path

__all__: list[str] = []

DATA = Path(os.environ["PGDATA"])
SCRIPTS = Path("/docker-entrypoint-initdb.d")
SOCKETS = "/var/run/postgresql"


def set_up() -> None:
    password = f"--pwfile={os.environ['POSTGRES_PASSWORD_FILE']}"
    options = ["--username=postgres", "--auth-local=trust", "--auth-host=scram-sha-256", password]
    subprocess.run(["initdb", "--pgdata", DATA, *options], check=True, stdout=subprocess.DEVNULL)
    with (DATA / "pg_hba.conf").open("a") as file:
        file.write("host all all all scram-sha-256\n")
    options = ["--pgdata", str(DATA), "--wait", f"--options=-c listen_addresses='' -k {SOCKETS}"]
    subprocess.run(["pg_ctl", "start", *options, "--log", "/tmp/setup.log"], check=True)
    for script in sorted(SCRIPTS.glob("*.sh")):
        subprocess.run(["sh", script], check=True, env=os.environ | {"PGHOST": SOCKETS})
    subprocess.run(["pg_ctl", "stop", "--pgdata", DATA, "--wait"], check=True)


if __name__ == "__main__":
    if not DATA.exists():
        set_up()
    os.execvp("postgres", ["postgres", "-D", str(DATA), "-k", SOCKETS, *sys.argv[1:]])  # noqa: S606 - one process
