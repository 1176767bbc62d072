"""`python -m services.spam` serves it."""

from mesh.process import run
from services.spam.app import spam

if __name__ == "__main__":
    run("spam", spam)
