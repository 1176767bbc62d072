"""Rules of comments without I/O and without a clock."""
