"""Colours and places of the parts, as one style sheet.

The screen brings its own light and dark, because nothing in Python knows the theme of the page around it.
"""

from __future__ import annotations

from ..charts.theme import DARK, LIGHT, STYLES, Look


def _colours(look: Look, card: str, field: str, hover: str, on_accent: str) -> str:
    return (
        f"--kr-back:{look.back};--kr-line:{look.frame};--kr-ink:{look.ink};--kr-faint:{look.faint};"
        f"--kr-accent:{look.accent};--kr-flat:{look.flat};--kr-up:{look.up};--kr-down:{look.down};"
        f"--kr-card:{card};--kr-field:{field};--kr-hover:{hover};--kr-on-accent:{on_accent};"
    )


def _western(theme: str) -> str:
    up, down = STYLES["western"][theme]
    return f"--kr-up:{up};--kr-down:{down};"


RULES = """
.kr-explorer{background:var(--kr-back);color:var(--kr-ink);border:1px solid var(--kr-line);border-radius:10px;
 padding:12px 14px;box-sizing:border-box;width:100%;overflow:visible;font-variant-numeric:tabular-nums;
 font-family:Pretendard,"Apple SD Gothic Neo","Malgun Gothic","NanumGothic","Noto Sans KR","Noto Sans CJK KR",sans-serif;
 --jp-widgets-color:var(--kr-ink);--jp-widgets-label-color:var(--kr-ink);--jp-widgets-readout-color:var(--kr-ink);
 --jp-widgets-input-color:var(--kr-ink);--jp-widgets-input-background-color:var(--kr-field);
 --jp-widgets-input-border-color:var(--kr-line);--jp-widgets-input-focus-border-color:var(--kr-accent);
 --jp-ui-font-color0:var(--kr-ink);--jp-ui-font-color1:var(--kr-ink);--jp-ui-font-color2:var(--kr-faint);
 --jp-layout-color0:var(--kr-back);--jp-layout-color1:var(--kr-back);--jp-layout-color2:var(--kr-card);
 --jp-layout-color3:var(--kr-hover);--jp-border-color0:var(--kr-line);--jp-border-color1:var(--kr-line);
 --jp-border-color2:var(--kr-line);--jp-brand-color1:var(--kr-accent);--jp-widgets-inline-margin:2px}
.kr-explorer .widget-html,.kr-explorer .widget-html-content,.kr-explorer .jupyter-widgets{color:var(--kr-ink);
 overflow:visible}
.kr-explorer .widget-html-content{line-height:1.45}
.kr-explorer button,.kr-explorer input,.kr-explorer select{font-family:inherit;font-size:12.5px}
.kr-explorer .jupyter-button{background:transparent;color:var(--kr-ink);border:1px solid transparent;border-radius:6px;
 box-shadow:none;height:28px;line-height:26px;padding:0 9px;width:auto;min-width:0}
.kr-explorer .jupyter-button:hover{background:var(--kr-hover);box-shadow:none}
.kr-explorer .jupyter-button:focus-visible,.kr-explorer input:focus-visible,.kr-explorer select:focus-visible,
.kr-explorer [tabindex]:focus-visible,.kr-explorer a:focus-visible{outline:2px solid var(--kr-accent);outline-offset:1px}
.kr-explorer .jupyter-button.mod-active{background:var(--kr-accent);color:var(--kr-on-accent);box-shadow:none}
.kr-explorer .kr-marks .jupyter-button.mod-active,.kr-explorer .kr-watch.mod-active{
 background:color-mix(in srgb,var(--kr-accent) 16%,transparent);color:var(--kr-accent);border-color:transparent}
.kr-explorer .widget-toggle-buttons .widget-label{display:none}
.kr-explorer .kr-top{align-items:center;gap:8px;overflow:visible;flex-wrap:wrap}
.kr-explorer .kr-find{position:relative;overflow:visible;width:300px;flex:0 1 300px;margin:0}
.kr-explorer .kr-search{width:100%;margin:0;height:32px}
.kr-explorer .kr-search input{height:32px!important;border-radius:8px!important;padding:0 12px;font-size:13.5px;
 width:100%;box-sizing:border-box}
.kr-explorer .kr-hits{position:absolute;top:35px;left:0;right:0;z-index:30;background:var(--kr-back);overflow:hidden;
 border:1px solid var(--kr-line);border-radius:8px;box-shadow:0 8px 24px rgba(0,0,0,.22);padding:4px;margin:0}
.kr-explorer .kr-find:not(:focus-within):not(:hover) .kr-hits{display:none}
.kr-explorer .kr-hit{width:100%;text-align:left;margin:0;flex:none;white-space:pre;overflow:hidden;
 text-overflow:ellipsis}
.kr-explorer .kr-hits .kr-hit:first-child{background:var(--kr-hover)}
.kr-explorer .kr-badge{margin-left:auto}
.kr-explorer .kr-origin{display:inline-block;border:1px solid var(--kr-line);border-radius:999px;padding:1px 10px;
 font-size:12px;color:var(--kr-ink);background:var(--kr-card);margin-right:8px;cursor:help}
.kr-explorer .kr-origin:before{content:"●";color:var(--kr-accent);font-size:9px;margin-right:6px;vertical-align:1px}
.kr-explorer .kr-age{font-size:12px;color:var(--kr-faint)}
.kr-explorer .kr-headline{display:flex;align-items:baseline;gap:10px;flex-wrap:wrap;padding:8px 2px 2px}
.kr-explorer .kr-name{font-size:20px;font-weight:700;letter-spacing:-.02em}
.kr-explorer .kr-code{font-size:13px;color:var(--kr-faint)}
.kr-explorer .kr-price{font-size:24px;font-weight:700;margin-left:6px;letter-spacing:-.01em}
.kr-explorer .kr-change{font-size:14px;font-weight:600}
.kr-explorer .kr-up{color:var(--kr-up)}.kr-explorer .kr-down{color:var(--kr-down)}
.kr-explorer .kr-flat{color:var(--kr-flat)}
.kr-explorer .kr-bar{align-items:center;flex-wrap:wrap;gap:2px 6px;overflow:visible;border-top:1px solid var(--kr-line);
 padding:5px 0;margin:0}
.kr-explorer .kr-bar .widget-toggle-buttons,.kr-explorer .kr-bar .jupyter-widget-toggle-buttons{width:auto;margin:0}
.kr-explorer .kr-bar .jupyter-button{padding:0 8px;margin:0 1px}
.kr-explorer .kr-split{border-left:1px solid var(--kr-line);padding-left:8px}
.kr-explorer .kr-bar .widget-dropdown,.kr-explorer .kr-bar .widget-text{width:auto;margin:0 2px;height:28px}
.kr-explorer .kr-bar select,.kr-explorer .kr-bar input{height:28px!important;border-radius:6px!important}
.kr-explorer .kr-compare{flex:1 1 180px;min-width:150px;max-width:320px}
.kr-explorer .kr-main{align-items:flex-start;gap:14px;flex-wrap:wrap;overflow:visible;margin-top:2px}
.kr-explorer .kr-left{flex:1000 1 560px;min-width:0;overflow:visible}
.kr-explorer .kr-side{flex:1 1 236px;min-width:0;max-width:100%;gap:10px;overflow:visible}
.kr-explorer .kr-side>.widget-html{margin:0;width:100%}
.kr-explorer .kr-marks{flex-wrap:wrap;overflow:visible}
.kr-explorer .kr-chart{width:100%;max-width:100%;height:auto;display:block;margin:0;border-radius:6px;
 transition:opacity .15s}
.kr-explorer.kr-loading .kr-tabs{opacity:.35;transition:opacity .15s .25s}
.kr-explorer .kr-card{background:var(--kr-card);border:1px solid var(--kr-line);border-radius:8px;padding:12px 14px}
.kr-explorer .kr-empty{color:var(--kr-faint);font-size:12.5px}
.kr-explorer .kr-facts{display:grid;grid-template-columns:auto 1fr;gap:5px 10px;margin:0;font-size:12.5px}
.kr-explorer .kr-facts dt,.kr-explorer .kr-facts dd{float:none;clear:none;display:block;width:auto;margin:0;padding:0}
.kr-explorer .kr-facts dt{color:var(--kr-faint);font-weight:400;white-space:nowrap}
.kr-explorer .kr-facts dd{text-align:right;font-weight:600}
.kr-explorer .kr-range{margin-bottom:12px}
.kr-explorer .kr-range-title{font-size:12px;color:var(--kr-faint);margin-bottom:9px}
.kr-explorer .kr-track{position:relative;height:5px;border-radius:3px;
 background:linear-gradient(90deg,var(--kr-down),var(--kr-line) 50%,var(--kr-up))}
.kr-explorer .kr-track i{position:absolute;top:-4px;width:13px;height:13px;margin-left:-6.5px;border-radius:50%;
 background:var(--kr-ink);border:2px solid var(--kr-card);box-sizing:border-box}
.kr-explorer .kr-ends{display:flex;justify-content:space-between;font-size:11.5px;color:var(--kr-faint);margin-top:6px}
.kr-explorer .kr-list{background:var(--kr-card);border:1px solid var(--kr-line);border-radius:8px;padding:8px;margin:0;
 max-height:330px;overflow:auto;flex:none}
.kr-explorer .kr-list-title{font-size:12px;color:var(--kr-faint);padding:2px 6px 4px}
.kr-explorer .kr-row{align-items:center;border-radius:6px;overflow:hidden;flex:none;margin:0;min-height:40px}
.kr-explorer .kr-row:hover,.kr-explorer .kr-row.kr-here{background:var(--kr-hover)}
.kr-explorer .kr-row .kr-go{flex:1 1 auto;text-align:left;overflow:hidden;text-overflow:ellipsis;padding:0 6px;margin:0}
.kr-explorer .kr-row.kr-here .kr-go{font-weight:700}
.kr-explorer .kr-row .jupyter-button:hover{background:transparent}
.kr-explorer .kr-row .kr-drop{flex:none;padding:0 5px;margin:0;color:var(--kr-faint);font-size:11px}
.kr-explorer .kr-row .widget-html{flex:none;margin:0}
.kr-explorer .kr-quote{display:block;text-align:right;font-size:12px;line-height:1.3;font-weight:600}
.kr-explorer .kr-message{border-radius:8px;padding:9px 14px;font-size:13px;margin:6px 0;border:1px solid #d9803a;
 background:color-mix(in srgb,#e8872e 14%,var(--kr-back))}
.kr-explorer .kr-hint{color:var(--kr-faint);text-align:center;padding:90px 20px;font-size:14px}
.kr-explorer .kr-tabs{margin:0;overflow:visible}
.kr-explorer .kr-tabs>.widget-tab-contents,.kr-explorer .kr-tabs .jupyter-widget-tab-contents{border:none;padding:6px 0 0;
 background:transparent;overflow:visible}
.kr-explorer .kr-tabs .lm-TabBar-tab,.kr-explorer .kr-tabs .p-TabBar-tab{background:transparent!important;
 border:none!important;color:var(--kr-faint)!important;
 flex:0 0 auto!important;min-width:0!important;padding:0 12px!important;font-size:13px}
.kr-explorer .kr-tabs .lm-TabBar-tab.lm-mod-current,.kr-explorer .kr-tabs .p-TabBar-tab.p-mod-current{
 color:var(--kr-ink)!important;font-weight:700;box-shadow:inset 0 -2px var(--kr-accent)}
.kr-explorer .kr-tabs .lm-TabBar-tab:before,.kr-explorer .kr-tabs .p-TabBar-tab:before{display:none!important}
.kr-explorer .kr-tools{display:flex;justify-content:space-between;align-items:center;font-size:12.5px;color:var(--kr-faint);
 padding:2px 2px 8px;gap:12px}
.kr-explorer .kr-csv{color:var(--kr-on-accent)!important;background:var(--kr-accent);border-radius:6px;padding:4px 12px;
 text-decoration:none!important;font-weight:600;white-space:nowrap}
.kr-explorer .kr-scroll{max-height:540px;overflow:auto;border:1px solid var(--kr-line);border-radius:8px}
.kr-explorer table.kr-table{border-collapse:collapse;width:100%;font-size:12.5px;margin:0;color:var(--kr-ink)}
.kr-explorer .kr-table th,.kr-explorer .kr-table td{padding:4px 12px;text-align:right;border:none;background:transparent;
 white-space:nowrap}
.kr-explorer .kr-table tbody th{text-align:left;font-weight:400;color:var(--kr-faint)}
.kr-explorer .kr-table thead th{position:sticky;top:0;background:var(--kr-card);color:var(--kr-faint);font-weight:600;
 border-bottom:1px solid var(--kr-line)}
.kr-explorer .kr-table thead th:first-child{text-align:left}
.kr-explorer .kr-table tbody tr{background:transparent;border:none}
.kr-explorer .kr-table tbody tr:nth-child(even){background:var(--kr-card)}
.kr-explorer .kr-table tbody tr:hover{background:var(--kr-hover)}
.kr-explorer pre.kr-lines{user-select:all;-webkit-user-select:all;background:var(--kr-card);color:var(--kr-ink);margin:0;
 border:1px solid var(--kr-line);border-radius:8px;padding:14px 16px;font-size:12.5px;line-height:1.6;overflow:auto;
 white-space:pre-wrap;font-family:var(--jp-code-font-family,monospace)}
"""

# the arrow of a drop-down is a picture of the page's theme
ARROW = (
    "url(\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 18 18'%3E%3Cpath fill='none' "
    "stroke='%2374808f' stroke-width='1.6' d='M5.5 7.5L9 11l3.5-3.5'/%3E%3C/svg%3E\")"
)

SHEET = (
    "<style>"
    f".kr-explorer{{{_colours(LIGHT, '#f6f8fa', '#ffffff', '#e9eef5', '#ffffff')}}}"
    f".kr-explorer.kr-dark{{{_colours(DARK, '#181d28', '#1b212d', '#242c3b', '#12161f')}}}"
    f".kr-explorer.kr-western{{{_western('light')}}}"
    f".kr-explorer.kr-dark.kr-western{{{_western('dark')}}}"
    f".kr-explorer{{--jp-widgets-dropdown-arrow:{ARROW}}}{RULES}</style>"
)
