"""Every exception of the package.

::

    KiwoomError                 anything the broker, the network or the reply did
    ├── ConfigError             no keys, unusable server or folder
    ├── AuthError               key, token or registered address refused
    ├── RateLimitError          still refused for speed after every retry
    ├── NetworkError            no answer, half an answer, a server error
    ├── MaintenanceError        the broker's maintenance page instead of data
    ├── RequestError            the broker refused what was asked
    │   └── UnknownCodeError    there is no such stock
    ├── DataError               a reply that violates the schema of its call
    └── StoreError              a file of a store is damaged, or the disk cannot hold it
    PartialPull                 a bulk pull in which some codes failed (holds what succeeded)
    RequestCancelled            a request that its caller cancelled; never seen by who did not cancel

``ValueError`` is for what the caller typed, before anything is sent. Every `KiwoomError` has the
same four fields, so that a loop over many codes needs no ``isinstance``.
"""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import pandas as pd


class KiwoomError(Exception):
    """What the broker, the network or a reply did wrong.

    Attributes
    ----------
    retryable : bool
        Whether asking the same again later can succeed.
    api_id : str
        The Kiwoom call, such as ``ka10081``; empty when none was made.
    return_code : int or None
        The broker's ``return_code``: only the class of the error.
    code : str
        The published four-digit code inside the broker's text, such as ``8005``; empty if none.
    """

    retryable = False

    def __init__(
        self,
        message: str,
        *,
        api_id: str = "",
        return_code: int | None = None,
        code: str = "",
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.api_id = api_id
        self.return_code = return_code
        self.code = code
        if retryable is not None:
            self.retryable = retryable


class ConfigError(KiwoomError):
    """No keys, an unusable server or an unusable folder."""


class AuthError(KiwoomError):
    """The app key, the token or the registered address was refused."""


class RateLimitError(KiwoomError):
    """The broker still said "too many requests" after every retry."""

    retryable = True


NetworkCause: TypeAlias = Literal["connection", "tls", "timeout", "incomplete", "status", "offline"]


class NetworkError(KiwoomError):
    """No answer, half an answer, or a server error.

    Attributes
    ----------
    cause : {"connection", "tls", "timeout", "incomplete", "status", "offline"}
        No connection, no trusted one, no reply in time, half a reply, an HTTP status, or a client that is offline.
    status : int or None
        The HTTP status of the reply, if there was one.
    """

    retryable = True

    def __init__(
        self,
        message: str,
        *,
        api_id: str = "",
        retryable: bool | None = None,
        cause: NetworkCause = "connection",
        status: int | None = None,
    ) -> None:
        super().__init__(message, api_id=api_id, retryable=retryable)
        self.cause = cause
        self.status = status


class MaintenanceError(KiwoomError):
    """The broker's maintenance page came instead of data."""

    retryable = True


class RequestError(KiwoomError):
    """The broker refused what was asked; the message is the broker's own."""


class UnknownCodeError(RequestError):
    """There is no such stock."""


class DataError(KiwoomError):
    """A reply that violates the schema of its call."""


class StoreError(KiwoomError):
    """A file of a store is damaged, is gone, or cannot be written; the message names it."""


class DataWarning(UserWarning):
    """Parts of an answer could not be read and count as missing."""


class RequestCancelled(Exception):
    """The request was cancelled while it waited; nothing was sent after that."""


class PartialPull(KiwoomError):
    """Some codes of a bulk pull failed.

    Attributes
    ----------
    frame : pandas.DataFrame
        Everything that was pulled.
    failed : pandas.DataFrame
        One row per failed code: ``code, error, retryable, message``.
    """

    def __init__(self, frame: pd.DataFrame, failed: pd.DataFrame) -> None:
        super().__init__(f"{len(failed)} codes failed; .frame holds the rest, .failed says why")
        self.frame = frame
        self.failed = failed
        self.retryable = bool(failed["retryable"].any())

    def __reduce__(self) -> tuple[type[PartialPull], tuple[pd.DataFrame, pd.DataFrame]]:
        """Survive pickle: a worker process can raise it."""
        return PartialPull, (self.frame, self.failed)


HERE = str(Path(__file__).parent)


def warn_user(message: str, category: type[Warning] = RuntimeWarning) -> None:
    """Issue a warning that points at the line outside this package that led to it."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(HERE):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


# The tail of return_msg: "[1511:text]", a bare "[1634]", or the back end's "[2000](RC4058:text)".
EMBEDDED = re.compile(r"\[(?:CODE=)?(\d{3,5})\s*[:,\]]")

UNKNOWN_STOCK = frozenset({"1902", "1903"})
DEAD_TOKEN = frozenset({"8005", "8031", "8103"})
TOO_MANY_CODES = "1634"
RATE, AUTH, SERVICE = 5, 3, 7  # classes of return_code


def embedded_code(message: str) -> str:
    """The published code inside a ``return_msg``; empty if there is none.

    >>> embedded_code("인증에 실패했습니다[8005:Token이 유효하지 않습니다]")
    '8005'
    """
    found = EMBEDDED.search(message)
    return found.group(1) if found else ""


def broker_error(api_id: str, return_code: int, message: str) -> KiwoomError:
    """The exception for a reply whose ``return_code`` is not 0."""
    code = embedded_code(message)
    kind: type[KiwoomError] = RequestError
    retryable = False
    if code in UNKNOWN_STOCK:
        kind = UnknownCodeError
    elif return_code == RATE and code != TOO_MANY_CODES:
        kind, retryable = RateLimitError, True
    elif return_code == AUTH or code.startswith("80"):
        kind = AuthError
    elif return_code == SERVICE:
        retryable = True
    text = f"{api_id}: {message} (return_code {return_code})"
    return kind(text, api_id=api_id, return_code=return_code, code=code, retryable=retryable)
