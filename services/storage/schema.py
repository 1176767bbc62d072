"""MetaData with one naming convention, so that every constraint has a name and a migration can drop it."""

from sqlalchemy import MetaData

__all__ = ["new_metadata"]

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def new_metadata() -> MetaData:
    """For a service's `class Base(DeclarativeBase): metadata = new_metadata()`."""
    return MetaData(naming_convention=_NAMING)
