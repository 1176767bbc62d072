"""What can go wrong in this package, typed so that a service can tell the cases apart."""

__all__ = ["BatcherClosedError", "BundleError", "DataError", "DeviceError", "ModelError", "QueueFullError"]


class ModelError(Exception):
    """Base of all errors of this package. The text is for an operator and holds nothing of any comment."""


class BundleError(ModelError):
    """A bundle is incomplete, altered, of an unknown format, or holds a file that does not belong there."""


class DataError(ModelError):
    """A corpus is missing, is not the one that was handed over, or lacks a column or a class."""


class DeviceError(ModelError):
    """The device that was asked for does not exist here."""


class QueueFullError(ModelError):
    """The batcher's queue is at its bound; nothing was queued.

    Attributes:
        retry_after: seconds after which the present queue should be worked off, from the pace of the last batches.
    """

    def __init__(self, depth: int, retry_after: float) -> None:
        super().__init__(f"{depth} comments are waiting, which is the bound")
        self.depth = depth
        self.retry_after = retry_after


class BatcherClosedError(ModelError):
    """The batcher takes nothing more."""
