"""Settings of a client: the server, the keys, the folders. The `repr` of a setting never shows a key."""

from __future__ import annotations

import os
import re
import tempfile
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import platformdirs

from .errors import ConfigError

APP = "kiwoom_research"
HOST = re.compile(r"\w[\w.-]*|[0-9a-f]*:[0-9a-f:.]+")
CACHE_SIZE = 1_000_000_000  # bytes: room for 35,000 pages of bars
SHORTEST_KEY = 20  # a real one has 43 characters
HOW_TO_GET_KEYS = (
    "No Kiwoom keys: apply at openapi.kiwoom.com, then run `kiwoom-research login`"
    " or set KIWOOM_APPKEY and KIWOOM_SECRETKEY.\n"
    'To try everything without keys, on invented data: kr.connect("sandbox")'
)


@dataclass(frozen=True, slots=True)
class Server:
    """The server that requests go to.

    ``name`` is part of every cache key; ``rate`` is the allowed requests a second of one key and call
    (None: no limit).
    """

    name: str
    url: str
    rate: float | None

    @property
    def loopback(self) -> bool:
        """Whether the server is on this machine: its ``Date`` header is then the market's clock."""
        return is_loopback(self.url)


def is_header_safe(secret: object) -> bool:
    """Whether a key or token can be sent in a header; an unsafe one would appear in the error of the attempt."""
    return isinstance(secret, str) and secret != "" and secret.isascii() and secret.isprintable()


@dataclass(frozen=True, slots=True)
class Keys:
    """App key and secret key in one value whose `repr` shows neither, because tracebacks print local variables."""

    app: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return is_header_safe(self.app) and is_header_safe(self.secret)


REAL = Server("real", "https://api.kiwoom.com", 5)
MOCK = Server("mock", "https://mockapi.kiwoom.com", 1)


@dataclass(frozen=True)
class Settings:
    """Everything a client is made from."""

    server: Server
    keys: Keys
    cache_dir: Path | None  # None: a temporary cache that ends with the client
    state_dir: Path | None  # None: tokens and throttle live and die with the client
    offline: bool = False
    cache_size: int = CACHE_SIZE  # bytes of replies
    strict: bool = False  # a cell that cannot be read is an error


def is_loopback(url: str) -> bool:
    """Whether a URL names this machine.

    >>> is_loopback("http://127.0.0.1:8000"), is_loopback("https://api.kiwoom.com")
    (True, False)
    """
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class ServerObject(Protocol):
    """A server of this process that knows its own address and keys, such as a `Sandbox`."""

    name: str
    url: str
    rate: float | None
    appkey: str
    secretkey: str


def settings(
    where: str | ServerObject,
    keys: Keys | None = None,
    *,
    offline: bool = False,
    cache_dir: str | os.PathLike[str] | None = None,
    cache_size: int | None = None,
    strict: bool = False,
) -> Settings:
    """Return the settings for a server, with keys and folders from the arguments, the environment or the keyring.

    Parameters
    ----------
    where : str or object
        ``"real"``, ``"mock"``, an address, or an object with ``url, appkey, secretkey, name, rate``
        such as a `Sandbox`.
    keys : Keys, optional
        Without them those of the environment, the keyring or the object.

    Raises
    ------
    ValueError
        `where` is none of these, a key is missing or no ASCII text, `cache_dir` is no folder, or `cache_size` no number
        of bytes.
    """
    if keys is not None and not keys:
        raise ValueError("appkey and secretkey are ASCII text and come as a pair: give both or neither")
    server, own = _server(where), isinstance(where, str)
    if keys is None:
        keys = stored_keys(server.name) if isinstance(where, str) else Keys(where.appkey, where.secretkey)
    folder = _typed_folder(cache_dir) if cache_dir is not None else _cache_dir(server)
    size = CACHE_SIZE if cache_size is None else _typed_size(cache_size)
    return Settings(server, keys, folder, _state_dir(own), offline, size, strict)


def _server(where: str | ServerObject) -> Server:
    if not isinstance(where, str):
        if not all(hasattr(where, name) for name in ("url", "appkey", "secretkey", "name", "rate")):
            raise ValueError(  # without its value: keys in the wrong place must not be printed
                "server: expected 'real', 'mock', 'sandbox', an address or a Sandbox,"
                f" got {type(where).__name__}"
            )
        return Server(where.name, where.url, where.rate)
    for known in (REAL, MOCK):
        if where == known.name:
            return known
    try:
        parts = urlsplit(where)
        host = parts.hostname or ""
        sound = parts.scheme in ("http", "https") and bool(HOST.fullmatch(host)) and parts.port != 0
        sound = sound and where.isascii() and where.isprintable()
    except ValueError:  # a port that is no number, brackets that do not close
        sound = False
    if "@" in where or "?" in where or "#" in where:
        raise ValueError("server: an address has no user, password, query or fragment")
    if not sound:
        shown = f" {where!r}" if len(where) < SHORTEST_KEY or where.startswith("http") else ""
        raise ValueError(f"server{shown}: expected 'real', 'mock', 'sandbox' or an address like https://host")
    if parts.scheme == "http" and not is_loopback(where):
        raise ValueError(f"server {where!r}: plain http is for this machine only, use https")
    for known in (REAL, MOCK):
        if (parts.scheme, host, parts.port or 443) == ("https", urlsplit(known.url).hostname, 443):
            return known
    return Server(parts.netloc, where.rstrip("/"), 5)


# --- keys ----------------------------------------------------------------------------------------


def stored_keys(server: str) -> Keys:
    """Return the keys of the environment, else of the OS keyring, else empty ones."""
    keys = Keys(os.environ.get("KIWOOM_APPKEY", "").strip(), os.environ.get("KIWOOM_SECRETKEY", "").strip())
    if keys:
        return keys
    if keys.app or keys.secret:
        raise ConfigError(
            "KIWOOM_APPKEY and KIWOOM_SECRETKEY come as a pair of ASCII text: one of them is not set, or is not that"
        )
    import keyring
    from keyring.errors import KeyringError

    try:
        keys = Keys(
            *(keyring.get_password(APP, f"{server} {part}") or "" for part in ("appkey", "secretkey"))
        )
        return keys or Keys()
    except KeyringError:  # a server without a desktop has no keyring
        return Keys()
    except Exception as error:  # a keyring is other people's code, D-Bus and configuration
        why = type(error).__name__
    warnings.warn(f"the keyring of this machine cannot be used ({why})", RuntimeWarning, stacklevel=3)
    return Keys()


def keep_keys(server: str, keys: Keys) -> None:
    """Store the keys in the OS keyring; raise `ConfigError` where there is none."""
    import keyring

    try:
        keyring.set_password(APP, f"{server} appkey", keys.app)
        keyring.set_password(APP, f"{server} secretkey", keys.secret)
        return
    except Exception as error:
        why = type(error).__name__
    # not inside the except: the frames of that error hold the keys
    forget_keys(server)  # half a pair is none
    raise ConfigError(f"this machine has no usable keyring ({why}): set KIWOOM_APPKEY and KIWOOM_SECRETKEY")


def forget_keys(server: str) -> bool:
    """Remove the keys from the OS keyring; return whether there were any."""
    import keyring

    removed = False
    for part in ("appkey", "secretkey"):
        with suppress(Exception):  # none there, or no keyring at all
            keyring.delete_password(APP, f"{server} {part}")
            removed = True
    return removed


# --- folders -------------------------------------------------------------------------------------


def _typed_size(given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise ValueError(
            f"cache_size: expected a positive integer of bytes, such as 2_000_000_000, got {given!r}"
        )
    return given


def _typed_folder(given: object) -> Path:
    if not isinstance(given, (str, os.PathLike)) or not isinstance(name := os.fspath(given), str):
        raise ValueError(f"cache_dir: expected a folder, got {type(given).__name__}")
    folder = Path(os.path.expanduser(name))
    usable = name.strip() != "" and "\0" not in name
    with suppress(OSError):  # it may not be looked at: the cache says what is wrong with it
        usable = usable and (folder.is_dir() or not folder.exists())
    if not usable:
        raise ValueError(f"cache_dir: expected a folder, got the file {name!r}")
    return folder


def _cache_dir(server: Server) -> Path | None:
    if server.loopback and not server.name.startswith("sandbox"):
        return None  # a server at this address may be another one tomorrow
    chosen = os.environ.get("KIWOOM_CACHE_DIR")
    if chosen:
        return Path(os.path.expanduser(chosen))
    root = Path(__file__).resolve().parent.parent
    if (root / "pyproject.toml").is_file():
        return root / "cache"
    return _own_folder(platformdirs.user_cache_path)


def _state_dir(own: bool) -> Path:
    """Return the folder of tokens and throttle: the user's own, or one that ends with the process for a `Sandbox`."""
    return own_state_dir() if own else Path(_process_folder().name)


def own_state_dir() -> Path:
    """Return the user's own folder for what outlives a process."""
    chosen = os.environ.get("KIWOOM_STATE_DIR")
    if chosen:
        return Path(os.path.expanduser(chosen))
    return _own_folder(platformdirs.user_state_path) or Path(_process_folder().name)


def _own_folder(find: Callable[[str], Path]) -> Path | None:
    """The user's own folder; None for a user without a home, as in some containers."""
    try:
        folder = find(APP)
    except RuntimeError:
        folder = Path("~")
    if folder.is_absolute():  # older platformdirs: "~" would become a folder of that name right here
        return folder
    _warn_homeless()
    return None


@cache
def _warn_homeless() -> None:
    warnings.warn(
        "no home folder: tokens and cached answers end with this process"
        " (KIWOOM_STATE_DIR and KIWOOM_CACHE_DIR name folders for them)",
        RuntimeWarning,
        stacklevel=6,
    )


@cache
def _process_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix=f"{APP}-")
