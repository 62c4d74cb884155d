"""A Kiwoom server of your own: no account, no network, and every unpleasantness on request."""

from .sandbox import Sandbox

__all__ = ["Sandbox"]
