"""What was built of what: an in-toto Statement v1 with SLSA's Provenance v1 (slsa.dev/spec/v1.0/provenance).

It is not signed: whoever trusts it trusts where it was fetched from. Who builds may sign it as it is.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["BUILD_TYPE", "Build", "sha256", "statement"]

BUILD_TYPE = "https://hamlet.example.com/build-types/make-release/v1"
"""What `externalParameters` mean: the options of `make release`."""

_LOCKS = ("requirements/app.txt", "requirements/dev.txt", "protos/typescript/package-lock.json")


@dataclass(frozen=True, slots=True)
class Build:
    """One run of `make release`.

    Attributes:
        builder: who ran it, a URI.
        source: where the commit can be fetched, a URI as pip and SPDX write it (`git+https://...`).
        ref: the tag, or the branch's HEAD for a snapshot.
        revision: the commit.
        options: what was asked for.
        tools: versions of what built.
    """

    builder: str
    source: str
    ref: str
    revision: str
    options: Mapping[str, Any]
    tools: Mapping[str, str]


def statement(build: Build, artefacts: Iterable[Path], images: Mapping[str, str], tree: Path) -> dict[str, Any]:
    """The statement about files and images (digests by name). No hour is in it: the same build says the same."""
    subjects = [{"name": path.name, "digest": {"sha256": sha256(path)}} for path in artefacts]
    subjects += [{"name": name, "digest": {"sha256": digest}} for name, digest in images.items()]
    source = {"uri": f"{build.source}@{build.ref}", "digest": {"gitCommit": build.revision}}
    locks = [{"uri": f"{build.source}#{name}", "digest": {"sha256": sha256(tree / name)}} for name in _LOCKS]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": sorted(subjects, key=lambda each: str(each["name"])),
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"ref": build.ref, **build.options},
                "internalParameters": dict(build.tools),
                "resolvedDependencies": [source, *locks],
            },
            "runDetails": {"builder": {"id": build.builder}},
        },
    }


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
