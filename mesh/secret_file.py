"""A secret by file: `NAME_FILE` names a file that holds what `NAME` would.

What is in a process's environment is also in the container's description, in crash reports and in every child.
"""

from collections.abc import Mapping
from pathlib import Path

__all__ = ["SecretFileError", "secret"]


class SecretFileError(ValueError):
    """The operator's file cannot be read, or competes with the variable. The text holds no secret."""


def secret(variable: str, environ: Mapping[str, str]) -> str | None:
    """What the variable, or the file of `<variable>_FILE` without the white space at its end, says; None without both.

    Raises:
        SecretFileError: both are set, or the file cannot be read.
    """
    given, file = environ.get(variable), environ.get(f"{variable}_FILE")
    if not file:
        return given
    if given:
        raise SecretFileError(f"{variable} and {variable}_FILE are both set")
    try:
        return Path(file).read_text().rstrip()
    except OSError as error:
        raise SecretFileError(f"{variable}_FILE: {file}: {error.strerror}") from None
