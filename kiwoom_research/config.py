"""Which server, whose keys, which folders. `repr` of a setting never shows a key."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs

from .errors import ConfigError

APP = "kiwoom_research"
HOW_TO_GET_KEYS = (
    "No Kiwoom keys: apply at openapi.kiwoom.com, then run `kiwoom-research login`"
    " or set KIWOOM_APPKEY and KIWOOM_SECRETKEY.\n"
    'To try everything without keys, on invented data: kr.connect("sandbox")'
)


@dataclass(frozen=True, slots=True)
class Server:
    """Where to ask.

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


REAL = Server("real", "https://api.kiwoom.com", 5)
MOCK = Server("mock", "https://mockapi.kiwoom.com", 1)


@dataclass(frozen=True)
class Settings:
    """Everything a client is made from."""

    server: Server
    appkey: str = field(repr=False)
    secretkey: str = field(repr=False)
    cache_dir: Path | None  # None: a temporary cache that ends with the client
    state_dir: Path | None  # None: tokens and throttle live and die with the client
    offline: bool = False


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


def settings(
    where: Any,
    appkey: str | None = None,
    secretkey: str | None = None,
    *,
    offline: bool = False,
    cache_dir: str | os.PathLike[str] | None = None,
) -> Settings:
    """Settle server, keys and folders.

    Parameters
    ----------
    where : str or object
        ``"real"``, ``"mock"``, an address, or an object with ``url, appkey, secretkey, name, rate``
        such as a `Sandbox`.

    Raises
    ------
    ValueError
        `where` is none of these, or only one of the two keys is given.
    """
    if (appkey is None) != (secretkey is None):
        raise ValueError("appkey and secretkey come as a pair: give both or neither")
    server, own = _server(where), isinstance(where, str)
    if appkey is None or secretkey is None:
        appkey, secretkey = stored_keys(server.name) if own else (where.appkey, where.secretkey)
    folder = Path(cache_dir) if cache_dir is not None else _cache_dir(server)
    if folder is not None and folder.exists() and not folder.is_dir():
        raise ValueError(f"cache_dir {str(folder)!r} is a file, not a folder")
    return Settings(server, appkey, secretkey, folder, _state_dir(own), offline)


def _server(where: Any) -> Server:
    if not isinstance(where, str):
        if not all(hasattr(where, name) for name in ("url", "appkey", "secretkey", "name", "rate")):
            raise ValueError(
                f"server: expected 'real', 'mock', 'sandbox', an address or a Sandbox, got {where!r}"
            )
        return Server(where.name, where.url, where.rate)
    if where in ("real", "mock"):
        return REAL if where == "real" else MOCK
    parts = urlsplit(where)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(
            f"server {where!r}: expected 'real', 'mock', 'sandbox' or an address like https://host"
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("server: an address has no user, password, query or fragment")
    if parts.scheme == "http" and not is_loopback(where):
        raise ValueError(f"server {where!r}: plain http is for this machine only, use https")
    return Server(parts.netloc, where.rstrip("/"), 5)


# --- keys ----------------------------------------------------------------------------------------


def stored_keys(server: str) -> tuple[str, str]:
    """Keys from the environment, else from the OS keyring, else empty."""
    pair = os.environ.get("KIWOOM_APPKEY", ""), os.environ.get("KIWOOM_SECRETKEY", "")
    if all(pair):
        return pair
    if any(pair):
        raise ConfigError("KIWOOM_APPKEY and KIWOOM_SECRETKEY come as a pair: one of them is not set")
    import keyring
    from keyring.errors import KeyringError

    try:
        found = [keyring.get_password(APP, f"{server} {part}") or "" for part in ("appkey", "secretkey")]
    except KeyringError:  # a server without a desktop has no keyring
        return "", ""
    return (found[0], found[1]) if all(found) else ("", "")


def keep_keys(server: str, appkey: str, secretkey: str) -> None:
    """Put keys into the OS keyring; ConfigError where there is none."""
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(APP, f"{server} appkey", appkey)
        keyring.set_password(APP, f"{server} secretkey", secretkey)
    except KeyringError as error:
        raise ConfigError(
            f"this machine has no usable keyring ({type(error).__name__}):"
            " set KIWOOM_APPKEY and KIWOOM_SECRETKEY"
        ) from None


def forget_keys(server: str) -> bool:
    """Remove keys from the OS keyring; whether there were any."""
    import keyring
    from keyring.errors import KeyringError

    removed = False
    for part in ("appkey", "secretkey"):
        try:
            keyring.delete_password(APP, f"{server} {part}")
            removed = True
        except KeyringError:
            continue
    return removed


# --- folders -------------------------------------------------------------------------------------


def _cache_dir(server: Server) -> Path | None:
    if server.loopback and not server.name.startswith("sandbox"):
        return None  # a server at this address may be another one tomorrow
    chosen = os.environ.get("KIWOOM_CACHE_DIR")
    if chosen:
        return Path(chosen)
    root = Path(__file__).resolve().parent.parent
    if (root / "pyproject.toml").is_file():
        return root / "cache"
    return platformdirs.user_cache_path(APP)


def _state_dir(own: bool) -> Path:
    """Tokens and throttle: the user's own folder; those of a `Sandbox` object end with the process."""
    if not own:
        return Path(_process_folder().name)
    chosen = os.environ.get("KIWOOM_STATE_DIR")
    return Path(chosen) if chosen else platformdirs.user_state_path(APP)


@cache
def _process_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix=f"{APP}-")
