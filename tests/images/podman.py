"""One container under podman, with the security settings that the chart gives its pods."""

import subprocess
from collections.abc import Sequence

from docker.build import tag
from docker.images import IMAGES, USER

__all__ = ["run"]

# What `restricted` and the chart demand; the two ulimits are what runc asks for where it may not raise them.
_SECURITY = (
    "--network=none",
    "--pull=never",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    f"--user={USER}:{USER}",
    "--ulimit=nofile=1024:1024",
    "--ulimit=nproc=1024:1024",
)
_READ_ONLY = ("--read-only", "--read-only-tmpfs=false", "--tmpfs=/tmp")
_OF = {image.name: image for image in IMAGES}


def run(image: str, *command: str, read_only: bool = True) -> subprocess.CompletedProcess[str]:
    """Runs a command in a container of the image, to its end."""
    options: Sequence[str] = (*_SECURITY, *(_READ_ONLY if read_only else ()))
    return subprocess.run(
        ["podman", "--runtime", "runc", "run", "--rm", *options, tag(_OF[image]), *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
