"""Containers under podman, with the security settings that the chart gives its pods."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from docker.build import tag
from docker.images import IMAGES, USER

__all__ = ["Podman"]

# What `restricted` and the chart demand; the two ulimits are what runc asks for where it may not raise them.
_SECURITY = (
    "--network=host",
    "--pull=never",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    f"--user={USER}:{USER}",
    "--ulimit=nofile=1024:1024",
    "--ulimit=nproc=1024:1024",
)
_READ_ONLY = ("--read-only", "--read-only-tmpfs=false", "--tmpfs=/tmp")
_OF = {image.name: image for image in IMAGES}


@dataclass
class Podman:
    """Starts containers and ends them again."""

    running: list[str] = field(default_factory=list)

    def run(
        self,
        image: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        mounts: Mapping[Path, str] | None = None,
        *,
        read_only: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Runs one to its end."""
        return _podman("run", "--rm", *_options(image, command, environment or {}, mounts or {}, read_only))

    def start(
        self, image: str, command: Sequence[str], environment: Mapping[str, str], mounts: Mapping[Path, str]
    ) -> str:
        """Starts one in the background; its id."""
        done = _podman("run", "--detach", *_options(image, command, environment, mounts, read_only=True))
        assert done.returncode == 0, done.stderr
        self.running.append(done.stdout.strip())
        return self.running[-1]

    def logs(self) -> str:
        return "\n".join(_podman("logs", "--tail=15", each).stdout for each in self.running)

    def close(self) -> None:
        for container in reversed(self.running):
            _podman("stop", "--time=20", container)
            _podman("rm", "--force", container)


def _options(
    image: str, command: Sequence[str], environment: Mapping[str, str], mounts: Mapping[Path, str], read_only: bool
) -> list[str]:
    told = [f"--env={name}={value}" for name, value in environment.items()]
    mounted = [f"--volume={host}:{inside}" for host, inside in mounts.items()]
    return [*_SECURITY, *(_READ_ONLY if read_only else ()), *told, *mounted, tag(_OF[image]), *command]


def _podman(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["podman", "--runtime", "runc", *arguments], capture_output=True, text=True, check=False, timeout=120
    )
