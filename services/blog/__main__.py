"""`python -m services.blog` serves it."""

from mesh.process import run
from services.blog.app import blog

if __name__ == "__main__":
    run("blog", blog)
