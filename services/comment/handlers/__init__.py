"""The use cases of the comment service."""
