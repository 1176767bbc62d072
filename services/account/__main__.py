"""`python -m services.account` serves it."""

from mesh.process import run
from services.account.app import account

if __name__ == "__main__":
    run("account", account)
