"""`python -m docker.build [TARGET...]`: the images, by buildah without a daemon or a container engine.

Needs root and Debian's buildah, podman and debootstrap (`make container-tools`). Prints how large each image is: in
all, above the layer that all of them share, and above a bare Debian. Writes its SBOM into `dist/sbom`, and fails where
an image is larger than `docker/images.py` allows.
"""

import hashlib
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path

from docker.base import ensure_base
from docker.host_pip import volumes
from docker.images import IMAGES, MOST_COMMON_MEGABYTES, Image
from docker.sbom import write_sbom

__all__ = ["COMMON", "ROOT", "bundle", "tag", "version"]

ROOT = Path(__file__).resolve().parents[1]
_SBOMS = ROOT / "dist" / "sbom"
COMMON = "localhost/hamlet-runtime"
"""What all images share, as an image of its own."""


def main(wanted: list[str]) -> int:
    known = {image.target: image for image in IMAGES}
    if strangers := set(wanted) - known.keys():
        print(f"no such image: {', '.join(sorted(strangers))}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    began = time.monotonic()
    base = ensure_base()
    _SBOMS.mkdir(parents=True, exist_ok=True)
    chosen = [image for image in IMAGES if image.target in wanted or (not wanted and image.here)]
    too_large = [*_make_common(base), *(image.name for image in chosen if not _make(image, base))]
    print(f"{len(chosen)} images in {time.monotonic() - began:.0f} s")
    if too_large:
        print(f"larger than docker/images.py allows: {', '.join(too_large)}", file=sys.stderr)
    return 1 if too_large else 0


def version() -> str:
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def tag(image: Image) -> str:
    return f"localhost/{image.name}:{version()}"


def _make_common(base: str) -> list[str]:
    """What all images share, as an image of its own; its name where it is too large."""
    _build("runtime", COMMON, base)
    debian, common = _size(base) / 1e6, _size(COMMON) / 1e6
    fits = common <= MOST_COMMON_MEGABYTES
    sign = "<=" if fits else "> "
    print(f"a bare Debian has {debian:.1f} MB; the images share {common:.1f} MB, {sign} {MOST_COMMON_MEGABYTES} MB")
    return [] if fits else [COMMON]


def _make(image: Image, base: str) -> bool:
    _build(image.target, tag(image), base)
    size, common, debian = (_size(each) / 1e6 for each in (tag(image), COMMON, base))
    sbom = write_sbom(image, tag(image), version(), _revision(), _SBOMS)
    fits = size - common <= image.most_megabytes
    sign = "<=" if fits else "> "
    above = f"{size - common:7.1f} MB above what they share, {sign} {image.most_megabytes} MB"
    print(f"{image.name:<16}{above}; {size:.1f} in all, {size - debian:.1f} above Debian; {sbom}", flush=True)
    return fits


def _build(target: str, name: str, base: str) -> None:
    arguments = {"BASE": base, "VERSION": version(), "REVISION": _revision(), "BUNDLE": bundle()}
    arguments["TORCH_INDEX"] = os.environ.get("TORCH_INDEX", "")
    command = ["buildah", "bud", "--isolation=chroot", "--layers", "--quiet", "--target", target]
    command += [f"--build-arg={name}={value}" for name, value in arguments.items()]
    command += [f"--volume={volume}" for volume in volumes(ROOT / "build" / "images")]
    command += [f"--label=org.opencontainers.image.base.digest={base.rpartition('@')[2]}"]
    _run(*command, "--tag", name, "--file", str(ROOT / "docker" / "Dockerfile"), str(ROOT))


def _revision() -> str:
    changed = "-changed" if _run("git", "-C", str(ROOT), "status", "--porcelain") else ""
    return _run("git", "-C", str(ROOT), "rev-parse", "HEAD") + changed


def bundle() -> str:
    """The default model: its version, and the hash of the manifest that holds the hashes of its files."""
    bundles = ROOT / "model" / "bundles"
    name = (bundles / "default").read_text().strip()
    return f"{name}@sha256:{hashlib.sha256((bundles / name / 'manifest.json').read_bytes()).hexdigest()}"


def _size(image: str) -> int:
    """Bytes of all its layers."""
    return int(_run("podman", "image", "inspect", "--format", "{{.Size}}", image))


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]} failed ({done.returncode}):\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
