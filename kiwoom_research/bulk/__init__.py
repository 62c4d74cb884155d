"""``plan`` and ``pull``: bars of many codes, with progress, and again from where it stopped.

A pull is one question a code. A few threads ask, one after the other takes the next code; the throttle
below them spaces the requests, so that more threads do not ask faster, they only keep its slots used while
answers travel. Every page is in the HTTP cache before its code is done: a pull that ended early and is run
again asks only for what it did not get.
"""

from .pull import plan, pull

__all__ = ["plan", "pull"]
