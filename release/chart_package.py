"""The chart as Helm packs it, made the same bytes each time: Helm writes the hour into every entry."""

import gzip
import io
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

__all__ = ["HELM", "pack_chart"]

HELM = Path(sys.executable).parent / "helm"


def pack_chart(chart: Path, version: str, folder: Path, time: int) -> Path:
    """`hamlet-<version>.tgz` in `folder`: Helm's own package of `chart`, whose entries are all of `time`.

    Raises:
        subprocess.CalledProcessError: Helm refused; it has said why.
    """
    with tempfile.TemporaryDirectory() as scratch:
        told = ["--version", version, "--app-version", version, "--destination", scratch]
        subprocess.run([HELM, "package", chart, *told], check=True, stdout=subprocess.DEVNULL)
        (packed,) = Path(scratch).glob("*.tgz")
        path = folder / packed.name
        path.write_bytes(_steadied(packed.read_bytes(), time))
    return path


def _steadied(package: bytes, time: int) -> bytes:
    """The same files in the order of their names, of one time, nobody's."""
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(package), mode="r:gz") as read,
        gzip.GzipFile(fileobj=out, mode="wb", mtime=time, filename="") as squeezed,
        tarfile.open(fileobj=squeezed, mode="w", format=tarfile.USTAR_FORMAT) as write,
    ):
        for entry in sorted(read.getmembers(), key=lambda each: each.name):
            plain = tarfile.TarInfo(entry.name)
            plain.size, plain.mtime, plain.mode = entry.size, time, 0o644
            write.addfile(plain, read.extractfile(entry))
    return out.getvalue()
