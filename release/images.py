"""The images of a release as OCI archives, built by docker.build; needs root and its Debian packages."""

import subprocess
import sys
from pathlib import Path

from docker.build import tag
from docker.images import IMAGES

__all__ = ["save_images"]


def save_images(root: Path, folder: Path) -> dict[str, str]:
    """Builds the images of the checkout, writes an archive and an SBOM of each; their manifests' digests by reference.

    Raises:
        subprocess.CalledProcessError: a build or podman failed, and has said why.
    """
    subprocess.run([sys.executable, "-m", "docker.build"], cwd=root, check=True)
    digests: dict[str, str] = {}
    for image in (each for each in IMAGES if each.here):
        reference = tag(image)
        subprocess.run(
            [
                "podman",
                "save",
                "--quiet",
                "--format",
                "oci-archive",
                "--output",
                folder / f"{image.name}.tar",
                reference,
            ],
            check=True,
        )
        inspect = ["podman", "image", "inspect", "--format", "{{.Digest}}", reference]
        digest = subprocess.run(inspect, check=True, capture_output=True, text=True).stdout.strip()
        digests[reference.removeprefix("localhost/")] = digest.removeprefix("sha256:")
        sbom = f"{image.name}.cdx.json"
        (folder / sbom).write_bytes((root / "dist" / "sbom" / sbom).read_bytes())
    return digests
