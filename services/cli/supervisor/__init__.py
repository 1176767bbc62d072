"""A small supervisor: starts processes in order of health, restarts what dies, drains in reverse."""

from services.cli.supervisor.child import Child, ChildSpec
from services.cli.supervisor.supervisor import StartError, Supervisor

__all__ = ["Child", "ChildSpec", "StartError", "Supervisor"]
