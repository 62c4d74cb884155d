"""A client of one server: cache, token, rate limit, retries and pages behind one door."""

from .client import Client, Reply

__all__ = ["Client", "Reply"]
