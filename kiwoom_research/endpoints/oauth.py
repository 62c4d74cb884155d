"""``/oauth2``: the access token. The only calls that carry keys; never stored, never logged."""

from ..kinds import STAMP, TEXT
from .table import Endpoint, Field, Param

ISSUE = Endpoint(
    id="au10001",
    path="/oauth2/token",
    title="접근토큰 발급",
    params=(
        Param("grant_type", "always client_credentials"),
        Param("appkey", "app key"),
        Param("secretkey", "secret key"),
    ),
    fields=(
        Field("expires_dt", "expires", STAMP, title="만료일", note="24 hours after the first issue"),
        Field("token_type", "token_type", TEXT, title="토큰타입", note="Bearer, in any case"),
        Field("token", "token", TEXT, title="접근토큰"),
    ),
    index=(),
    expiry="never stored",
)

REVOKE = Endpoint(
    id="au10002",
    path="/oauth2/revoke",
    title="접근토큰폐기",
    params=(
        Param("appkey", "app key"),
        Param("secretkey", "secret key"),
        Param("token", "access token"),
    ),
    fields=(),
    index=(),
    expiry="never stored",
)
