"""SQLite serves one replica: the second process that opens the same file for serving is refused."""

import fcntl
import os
from pathlib import Path

__all__ = ["ReplicaLock", "SecondReplicaError"]


class SecondReplicaError(RuntimeError):
    """Another process serves this SQLite file."""


class ReplicaLock:
    """An advisory lock on `<database>.replica`. The kernel lets go of it when the process ends, however it ends."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = database.with_name(database.name + ".replica")
        self._file: int | None = None

    def acquire(self) -> None:
        """
        Raises:
            SecondReplicaError: another process holds the lock.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            raise SecondReplicaError(
                f"another process serves {self._database}. SQLite serves one replica: stop the other one, "
                "or use PostgreSQL to run several."
            ) from None
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
