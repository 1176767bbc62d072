"""The HTTP filters of the public listener, one file a concern."""
