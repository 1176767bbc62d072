"""`python -m services.comment` serves it."""

from mesh.process import run
from services.comment.app import comment

if __name__ == "__main__":
    run("comment", comment)
