"""``/api/dostk/frgnistt``: what foreigners hold."""

from dataclasses import replace

from ..kinds import (
    CHANGE, CODE, COUNT, DATE, DIRECTED_PRICE, GRAMS, GROSS_MONEY, MONEY, NET_SHARES, PERCENT,
    SHARES, TEXT,
)
from .finality import FOREIGN_HOLDINGS
from .params import (
    DOUBLED, END, EXCHANGE, HUNDRED_MILLION, INFERRED, MILLION, PLUS, RECORDED, START, STOCK, THOUSAND, VENUE,
)
from .table import Call, Field, Param, Table

PATH = "/api/dostk/frgnistt"

FOREIGN = Call(
    id="ka10008", path=PATH, title="주식외국인종목별매매동향", english="foreign holdings of a stock by day", page_rows=50, finality=FOREIGN_HOLDINGS,
    note="chg_qty is the change of what is held, not what was bought on the exchange.",
    params=(STOCK,),
    tables=(
        Table(rows="stk_frgnr", index=("date",), freq="1d", fields=(
            Field("dt", "date", DATE, "일자"),
            Field("close_pric", "close", DIRECTED_PRICE, "종가", optional=True),
            Field("pred_pre", "change", CHANGE, "전일대비", optional=True),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("chg_qty", "foreign_change", NET_SHARES, "변동수량"),
            Field("poss_stkcnt", "foreign_shares", SHARES, "보유주식수", optional=True),
            Field("wght", "foreign_holding", PERCENT, "비중", note="of listed shares"),
            Field("gain_pos_stkcnt", "foreign_room", SHARES, "취득가능주식수", optional=True),
            Field("frgnr_limit", "foreign_limit", SHARES, "외국인한도", optional=True),
            Field("frgnr_limit_irds", "foreign_limit_change", NET_SHARES, "외국인한도증감", optional=True, evidence=INFERRED),
            Field("limit_exh_rt", "foreign_exhaustion", PERCENT, "한도소진률", optional=True),
        )),
    ),
)

STREAKS = Call(
    id="ka10131", path=PATH, title="기관외국인연속매매현황요청", english="ranking by flows of institutions and foreigners in a row", page_rows=100,
    note="An unknown market falls back to KOSPI. amt_qty_tp was seen to change nothing.",
    params=(
        Param("dt", "sessions", "기간", {"range": "0", **{n: str(n) for n in (1, 3, 5, 10, 20, 120)}}, default=5, note="range: from start to end"),
        replace(START, required=False),
        replace(END, required=False),
        replace(EXCHANGE, title="장구분"),
        Param("netslmt_tp", "side", "순매도수구분", {"net_bought": "2", "net_sold": "1"}, default="net_bought", note="the manual knows net_bought only; the server answers both"),
        Param("stk_inds_tp", "rows", "종목업종구분", {"stocks": "0", "sectors": "1"}, default="stocks"),
        Param("amt_qty_tp", "sort", "금액수량구분", {"value": "0", "volume": "1"}, default="value"),
        VENUE,
    ),
    tables=(
        Table(rows="orgn_frgnr_cont_trde_prst", evidence=RECORDED, fields=(
            Field("rank", "rank", COUNT, "순위"),
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("prid_stkpc_flu_rt", "period_change_pct", PERCENT, "기간중주가등락률"),
            Field("orgn_nettrde_amt", "institution_net_value", MONEY, "기관순매매금액", MILLION, wire=PLUS),
            Field("orgn_nettrde_qty", "institution_net", NET_SHARES, "기관순매매량", wire=PLUS),
            Field("orgn_cont_netprps_dys", "institution_streak", COUNT, "기관계연속순매수일수", wire=PLUS, note="sessions in a row; negative when they sold"),
            Field("orgn_cont_netprps_qty", "institution_streak_net", NET_SHARES, "기관계연속순매수량", wire=PLUS),
            Field("orgn_cont_netprps_amt", "institution_streak_net_value", MONEY, "기관계연속순매수금액", MILLION, wire=PLUS),
            Field("frgnr_nettrde_qty", "foreign_net", NET_SHARES, "외국인순매매량", wire=PLUS),
            Field("frgnr_nettrde_amt", "foreign_net_value", MONEY, "외국인순매매액", MILLION, wire=PLUS),
            Field("frgnr_cont_netprps_dys", "foreign_streak", COUNT, "외국인연속순매수일수", wire=PLUS, note="sessions in a row; negative when they sold"),
            Field("frgnr_cont_netprps_qty", "foreign_streak_net", NET_SHARES, "외국인연속순매수량", wire=DOUBLED),
            Field("frgnr_cont_netprps_amt", "foreign_streak_net_value", MONEY, "외국인연속순매수금액", MILLION, wire=DOUBLED),
            Field("nettrde_qty", "net", NET_SHARES, "순매매량", wire=PLUS, note="institution_net + foreign_net"),
            Field("nettrde_amt", "net_value", MONEY, "순매매액", MILLION, wire=PLUS),
            Field("tot_cont_netprps_dys", "total_streak", COUNT, "합계연속순매수일수", wire=PLUS),
            Field("tot_cont_nettrde_qty", "total_streak_net", NET_SHARES, "합계연속순매매수량", wire=PLUS, note="the sum of both only where both have a streak of that length"),
            Field("tot_cont_netprps_amt", "total_streak_net_value", MONEY, "합계연속순매수금액", MILLION, wire=PLUS),
        )),
    ),
)

GOLD_INVESTORS = Call(
    id="ka52301", path=PATH, title="금현물투자자현황", english="gold by investor group", page_rows=100,
    note="One row for each kind of investor. Some rows of the manual's example have other keys.",
    params=(),
    tables=(
        Table(row="investor group", rows="inve_trad_stat", index=(), fields=(
            Field("all_dfrt_trst_sell_qty", "sold_grams", GRAMS, "투자자별 매도 수량(천)", THOUSAND),
            Field("sell_qty_irds", "sold_grams_change", GRAMS, "투자자별 매도 수량 증감(천)", THOUSAND),
            Field("all_dfrt_trst_sell_amt", "sold_value", GROSS_MONEY, "투자자별 매도 금액(억)", HUNDRED_MILLION),
            Field("sell_amt_irds", "sold_value_change", MONEY, "투자자별 매도 금액 증감(억)", HUNDRED_MILLION),
            Field("all_dfrt_trst_buy_qty", "bought_grams", GRAMS, "투자자별 매수 수량(천)", THOUSAND),
            Field("buy_qty_irds", "bought_grams_change", GRAMS, "투자자별 매수 수량 증감(천)", THOUSAND),
            Field("all_dfrt_trst_buy_amt", "bought_value", GROSS_MONEY, "투자자별 매수 금액(억)", HUNDRED_MILLION),
            Field("buy_amt_irds", "bought_value_change", MONEY, "투자자별 매수 금액 증감(억)", HUNDRED_MILLION),
            Field("all_dfrt_trst_netprps_qty", "net_grams", GRAMS, "투자자별 순매수 수량(천)", THOUSAND, optional=True),
            Field("netprps_qty_irds", "net_grams_change", GRAMS, "투자자별 순매수 수량 증감(천)", THOUSAND, optional=True),
            Field("all_dfrt_trst_netprps_amt", "net_value", MONEY, "투자자별 순매수 금액(억)", HUNDRED_MILLION),
            Field("netprps_amt_irds", "net_value_change", MONEY, "투자자별 순매수 금액 증감(억)", HUNDRED_MILLION),
            Field("sell_uv", "sold_price_raw", COUNT, "투자자별 매도 단가", note="as sent: does not recompute from value and grams", evidence=INFERRED),
            Field("buy_uv", "bought_price_raw", COUNT, "투자자별 매수 단가", note="as sent", evidence=INFERRED),
            Field("stk_nm", "investor", TEXT, "투자자 구분명"),
            Field("acc_netprps_amt", "net_value_sum", MONEY, "누적 순매수 금액(억)", HUNDRED_MILLION),
            Field("acc_netprps_qty", "net_grams_sum", GRAMS, "누적 순매수 수량(천)", THOUSAND),
            Field("stk_cd", "investor_code", TEXT, "투자자 코드"),
        )),
    ),
)
