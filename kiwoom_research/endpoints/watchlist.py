"""``/api/dostk/watchlist``: the user's own lists of stocks; personal, so never stored."""

from ..kinds import CODE, TEXT
from .finality import NEVER_STORED
from .params import INFERRED
from .table import Call, Field, Param, Table

PATH = "/api/dostk/watchlist"

WATCHLISTS = Call(
    id="ka01300", path=PATH, title="관심종목 그룹 리스트 조회", english="the user's watchlists", page_rows=100, finality=NEVER_STORED,
    note="The lists of the account that the keys belong to.",
    tables=(
        Table(row="watchlist", rows="nofi", index=(), fields=(
            Field("gcod", "group_code", TEXT, "그룹코드"),
            Field("name", "group_name", TEXT, "그룹명"),
        )),
    ),
)

WATCHLIST = Call(
    id="ka01301", path=PATH, title="관심종목 그룹 상세 조회", english="stocks of a watchlist", page_rows=100, finality=NEVER_STORED,
    params=(Param("arn_grp_id", "group", "그룹SEQ", note="three digits, as ka01300 gives them"),),
    tables=(
        Table(rows="nofj", fields=(
            Field("cod2", "code", CODE, "종목코드"),
            Field("bgb", "bookmark", TEXT, "북마크 구분", evidence=INFERRED, note="as sent: 0 and 1 were seen"),
            Field("bgb_clr", "bookmark_color", TEXT, "북마크 컬러"),
        )),
    ),
)
