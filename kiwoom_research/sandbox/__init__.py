"""A Kiwoom server on your own machine: no account, no network, and every fault on request."""

from .sandbox import Sandbox

__all__ = ["Sandbox"]
