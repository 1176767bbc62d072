"""Rules about accounts, passwords, sessions and keys, without I/O and without a clock."""
