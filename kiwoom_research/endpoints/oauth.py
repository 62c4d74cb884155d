"""``/oauth2``: the access token. The only calls that carry keys; never stored, never logged."""

from ..kinds import TEXT, TIMESTAMP
from .finality import NEVER_STORED
from .table import Call, Field, Param, Table

ISSUE = Call(
    id="au10001", path="/oauth2/token", title="접근토큰 발급", english="access token", finality=NEVER_STORED,
    params=(
        Param("grant_type", "grant_type", "grant_type 값", note="always client_credentials"),
        Param("appkey", "appkey", "앱키", note="app key"),
        Param("secretkey", "secretkey", "시크릿키", note="secret key"),
    ),
    tables=(
        Table(index=(), fields=(
            Field("expires_dt", "expires", TIMESTAMP, "만료일", note="24 hours after the first issue"),
            Field("token_type", "token_type", TEXT, "토큰타입", note="Bearer, in any case"),
            Field("token", "token", TEXT, "접근토큰"),
        )),
    ),
)

REVOKE = Call(
    id="au10002", path="/oauth2/revoke", title="접근토큰폐기", english="revocation of an access token", finality=NEVER_STORED,
    params=(
        Param("appkey", "appkey", "앱키", note="app key"),
        Param("secretkey", "secretkey", "시크릿키", note="secret key"),
        Param("token", "token", "접근토큰", note="access token"),
    ),
    tables=(Table(index=(), fields=()),),
)
