// The texts around the canvas: headline, values under the crosshair, legends, and what a screen reader reads.
// All of them are set as text, never as markup.

import { colourOf } from "./axes.js";
import { formatAmount, formatChange, formatPercent, formatPrice, formatTime } from "./format.js";

const TABLE_ROWS = 40;

export function element(name, className, parent, text) {
  const made = document.createElement(name);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  parent?.append(made);
  return made;
}

// Fills `parent` with [text, class or colour] pieces, reusing the elements that are there.
export function setPieces(parent, pieces) {
  pieces.forEach(([text, look], k) => {
    const span = parent.children[k] ?? element("span", "", parent);
    if (span.textContent !== text) span.textContent = text;
    const colour = look.startsWith("#") ? look : "";
    if (span.className !== (colour ? "" : look)) span.className = colour ? "" : look;
    if (span.style.color !== colour) span.style.color = colour;
  });
  while (parent.children.length > pieces.length) parent.lastChild.remove();
}

const direction = (change) => (change > 0 ? "kr-up" : change < 0 ? "kr-down" : "kr-flat");

// Title, newest price and its change, interval, and how many older bars were left out.
export function headlinePieces(bars) {
  const { header, count } = bars;
  const pieces = [[header.title, "kr-title"]];
  if (bars.close && count) {
    const price = bars.close[count - 1];
    pieces.push([formatPrice(price, header.decimals), `kr-last ${direction(header.change)}`]);
    const change = formatChange(header.change, price - header.change, header.decimals);
    if (change) pieces.push([change, direction(header.change)]);
  }
  pieces.push([header.interval, "kr-muted"]);
  if (header.omitted) pieces.push([header.omitted, "kr-muted"]);
  return pieces;
}

// Time, prices, change and volume of a bar, with its events.
export function barPieces(bars, i) {
  const { header } = bars;
  const pieces = [[formatTime(bars.time(i), header.unit), "kr-muted"]];
  if (bars.close) {
    const reference = bars.referenceOf(i);
    const change = bars.close[i] - reference;
    for (const [label, values] of [["시", bars.open], ["고", bars.high], ["저", bars.low], ["종", bars.close]]) {
      if (!values) continue;
      pieces.push([label, "kr-label"], [formatPrice(values[i], header.decimals), direction(values[i] - reference)]);
    }
    pieces.push([formatChange(change, reference, header.decimals), direction(change)]);
    if (bars.volume) pieces.push(["거래량", "kr-label"], [formatPrice(bars.volume[i], 0), ""]);
    const official = bars.official ? bars.official[i] : NaN;
    if (Number.isFinite(official) && official !== bars.close[i]) {
      pieces.push(["공식 종가", "kr-label"], [formatPrice(official, header.decimals), ""]);
    }
  }
  if (header.untraded.some(([first, last]) => i >= first && i <= last)) pieces.push(["거래 없음", "kr-muted"]);
  for (const [bar, text] of header.events) if (bar === i) pieces.push([text, "kr-event"]);
  for (const [bar, sign] of header.signals) if (bar === i) pieces.push([sign > 0 ? "▲ 매수" : "▼ 매도", "kr-event"]);
  return pieces;
}

// The legend of a pane with its values at a bar.
export function legendPieces(bars, pane, i, colours) {
  const pieces = pane.title ? [[pane.title, "kr-muted"]] : [];
  for (const study of pane.studies) {
    if (study.label === null) continue;
    const value = bars.columns[study.column][i];
    let text = formatPrice(value, pane.unit === "amount" || Math.abs(value) >= 1e6 ? 0 : undefined);
    if (bars.header.kind === "comparison") text += ` (${formatPercent(value - 100)})`;
    const plain = ["candle", "sign"].includes(study.colour);
    pieces.push([`${study.label} ${text}`.trim(), plain ? "" : colourOf(colours, study.colour)]);
  }
  return pieces;
}

export function selectionPieces(bars, [first, last]) {
  const { header } = bars;
  const times = [first, last].map((i) => formatTime(bars.time(i), header.unit));
  const pieces = [[`${times[0]} – ${times[1]}`, "kr-muted"], [`${last - first + 1}봉`, "kr-muted"]];
  if (!bars.close) return pieces;
  const { change, high, low, volume } = bars.summary(first, last);
  pieces.push(["수익률", "kr-label"], [formatPercent(change), direction(change)]);
  pieces.push(["고가", "kr-label"], [formatPrice(high, header.decimals), ""]);
  pieces.push(["저가", "kr-label"], [formatPrice(low, header.decimals), ""]);
  if (bars.volume) pieces.push(["거래량", "kr-label"], [formatAmount(volume), ""]);
  return pieces;
}

// What is shown, in one sentence for a screen reader.
export function describe(bars, view) {
  const { header, count } = bars;
  if (!count) return `${header.title} 차트, 봉 없음`;
  const [first, end] = view.range();
  const times = [first, Math.max(first, end - 1)].map((i) => formatTime(bars.time(i), header.unit));
  const last = bars.close ? `, 마지막 종가 ${formatPrice(bars.close[count - 1], header.decimals)}` : "";
  return (
    `${header.title} ${header.interval} 차트, ${times[0]}부터 ${times[1]}까지 ${end - first}봉${last}. ` +
    "화살표로 봉 이동, 더하기와 빼기로 확대와 축소, 0으로 전체 보기"
  );
}

// The newest bars in view as a table, which only screen readers see.
export function fillTable(table, bars, view) {
  table.replaceChildren();
  element("caption", "", table, `${bars.header.title}, 최근 ${TABLE_ROWS}봉까지`);
  const studies = bars.close ? [] : bars.header.panes[0].studies;
  const columns = bars.close
    ? [["시가", bars.open], ["고가", bars.high], ["저가", bars.low], ["종가", bars.close], ["거래량", bars.volume]]
    : studies.map((study) => [study.label, bars.columns[study.column]]);
  const shown = columns.filter(([, values]) => values);
  const head = element("tr", "", table);
  for (const [name] of [["시각"], ...shown]) element("th", "", head, name);
  const [first, end] = view.range();
  for (let i = end - 1; i >= Math.max(first, end - TABLE_ROWS); i--) {
    const row = element("tr", "", table);
    element("th", "", row, formatTime(bars.time(i), bars.header.unit));
    for (const [, values] of shown) element("td", "", row, formatPrice(values[i]));
  }
}
