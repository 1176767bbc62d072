"""An error that its reader can mend."""

__all__ = ["RefusedError"]


class RefusedError(RuntimeError):
    """Something that was asked for cannot be done. The text says why, and what to do."""
