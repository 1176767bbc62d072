"""Rules about posts, without I/O."""
