"""One server, asked through a cache: tokens, rate limit, retries, pages."""

from .client import Client, Reply

__all__ = ["Client", "Reply"]
