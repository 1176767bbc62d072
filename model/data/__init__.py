"""The corpora: what they are, how they are read, and how they are divided for training."""
