"""Every revision of a service's folder, judged in the order in which they run."""

from dataclasses import dataclass
from pathlib import Path

from alembic.script import Script, ScriptDirectory

from services.storage.migration.history import alembic_config
from services.storage.migration.lint.catalogue import Catalogue
from services.storage.migration.lint.declaration import objections
from services.storage.migration.lint.recording import record
from services.storage.migration.lint.releases import Releases
from services.storage.migration.lint.rules import troubles
from services.storage.migration.lint.trouble import Kind

__all__ = ["Offence", "findings"]


@dataclass(frozen=True, slots=True)
class Offence:
    """What is wrong with a revision."""

    revision: Path
    text: str

    def __str__(self) -> str:
        return f"{self.revision.parent.parent.parent.name}/{self.revision.name}: {self.text}"


def findings(folder: Path, releases: Releases | None = None) -> list[Offence]:
    """What is wrong with the migrations in `folder`, oldest first. Runs each `upgrade()` against a recorder.

    Each revision is held against the one before it, whether or not a release lies between them: whoever follows the
    main branch runs every pair of neighbours.
    """
    known = releases or Releases.of(folder)
    script = ScriptDirectory.from_config(alembic_config(folder))
    ancestors: dict[str, Path] = {}
    before, found = Catalogue(), list[Offence]()
    for revision in reversed(list(script.walk_revisions())):
        found += _judged(revision, before, ancestors, known)
        ancestors[revision.revision] = Path(revision.path)
    return found


def _judged(revision: Script, before: Catalogue, ancestors: dict[str, Path], releases: Releases) -> list[Offence]:
    path = Path(revision.path)
    declared = getattr(revision.module, "CONTRACTS", None)
    try:
        steps = record(revision.module)
    except Exception as error:
        return [Offence(path, f"cannot be judged without a database: {type(error).__name__}: {error}")]
    before.begin_revision()
    found, contracts = list[Offence](), False
    for step in steps:
        for trouble in troubles(step, before):
            contracts |= trouble.kind is Kind.CONTRACTS
            if trouble.kind is not Kind.CONTRACTS:
                found.append(Offence(path, trouble.text))
            for reason in objections(declared, trouble, path, ancestors, releases):
                found.append(Offence(path, f"{trouble.text}: {reason}"))
        before.apply(step)
    if declared is not None and not contracts:
        found.append(Offence(path, "says CONTRACTS and contracts nothing"))
    return list(dict.fromkeys(found))
