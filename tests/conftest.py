"""What holds for every test."""

from hypothesis import settings

# A deadline for each example times the machine, not the code.
settings.register_profile("hamlet", deadline=None)
settings.load_profile("hamlet")
