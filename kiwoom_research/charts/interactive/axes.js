// Grid, axes and the tags on them.

import { formatAmount, formatPrice, formatValue } from "./format.js";
import { linearTicks, logTicks, spread } from "./scales.js";

export function colourOf(colours, key) {
  return colours[key] ?? colours.lines[key % colours.lines.length];
}

export function directionColour(colours, sign) {
  return sign > 0 ? colours.up : sign < 0 ? colours.down : colours.flat;
}

// Formats a value as the axis of a pane writes it.
export function axisText(pane, value, decimals) {
  if (pane.unit === "amount") return formatAmount(value);
  return pane.unit === "price" ? formatPrice(value, decimals) : formatValue(value);
}

export function paintGrid(frame, pane) {
  const { g, ratio, view, colours, times } = frame;
  const line = Math.max(1, Math.floor(ratio));
  pane.ticks = valueTicks(frame, pane);
  g.fillStyle = colours.grid;
  for (const value of pane.ticks) g.fillRect(0, Math.round(pane.scale.y(value)), view.width, line);
  for (const tick of times) g.fillRect(Math.round(tick.x), pane.top, line, pane.bottom - pane.top);
  g.fillStyle = colours.frame;
  if (pane.bottom < frame.foot) g.fillRect(0, pane.bottom + Math.round(ratio), frame.width, line);
}

// Round values that are not beside an edge of their pane; of few values finer ones, so that two remain.
function valueTicks(frame, pane) {
  const { low, high, log, y } = pane.scale;
  if (!pane.known) return [];
  if (pane.limits) return pane.levels;
  const edge = 7 * frame.ratio;
  const most = Math.max(2, Math.floor((pane.bottom - pane.top) / (38 * frame.ratio)));
  let ticks = [];
  for (let k = most; k < most + 4 && ticks.length < 2; k++) {
    const values = log ? logTicks(low, high, k) : linearTicks(low, high, k);
    ticks = values.filter((value) => y(value) > pane.top + edge && y(value) < pane.bottom - edge);
  }
  return ticks;
}

// A horizontal line across the pane, crisp at any pixel ratio.
export function strokeLevel(frame, pane, value, colour) {
  const { g, ratio, view } = frame;
  const y = Math.round(pane.scale.y(value)) + 0.5;
  g.strokeStyle = colour;
  g.lineWidth = Math.max(1, Math.floor(ratio));
  g.beginPath();
  g.moveTo(0, y);
  g.lineTo(view.width, y);
  g.stroke();
}

// Labels of the ticks that no tag covers; `tags` are the heights of those.
export function paintValueAxis(frame, pane, tags) {
  const { g, ratio, view, colours, bars } = frame;
  g.fillStyle = colours.muted;
  g.textAlign = "left";
  for (const value of pane.ticks) {
    const y = pane.scale.y(value);
    if (tags.some((tag) => Math.abs(tag - y) < 14 * ratio)) continue;
    g.fillText(axisText(pane, value, bars.header.decimals), view.width + 6 * ratio, Math.round(y));
  }
}

export function paintTimeAxis(frame) {
  const { g, ratio, view, colours, foot, height, times } = frame;
  g.fillStyle = colours.frame;
  g.fillRect(0, foot, frame.width, Math.max(1, Math.floor(ratio)));
  g.textAlign = "center";
  for (const tick of times) {
    const half = g.measureText(tick.text).width / 2;
    const x = tick.bar === 0 ? Math.max(half, tick.x) : tick.x;
    if (x < half || x > view.width - half) continue;
    g.fillStyle = tick.strong ? colours.foreground : colours.muted;
    g.fillText(tick.text, x, Math.round((foot + height) / 2) + ratio);
  }
}

// Tags of the last price, or of every line of a comparison, moved apart where they would overlap. Returns heights.
export function paintTags(frame, pane) {
  const { bars, colours, ratio } = frame;
  const tags = pane.studies
    .filter((study) => study.tagged)
    .map((study) => ({ value: lastKnown(bars.columns[study.column]), colour: colourOf(colours, study.colour) }));
  const price = bars.close?.[bars.count - 1];
  if (pane.main && bars.close) tags.push({ value: price, colour: directionColour(colours, bars.header.change) });
  const shown = tags.filter(({ value }) => value >= pane.scale.low && value <= pane.scale.high);
  const places = shown.map(({ value }) => pane.scale.y(value));
  const moved = spread(places, 17 * ratio, pane.bottom);
  shown.forEach(({ value, colour }, k) => paintTag(frame, frame.g, pane, value, moved[k], colour));
  return moved;
}

function lastKnown(values) {
  for (let i = values.length - 1; i >= 0; i--) if (Number.isFinite(values[i])) return values[i];
  return NaN;
}

// A value on the axis in a box of its own.
export function paintTag(frame, g, pane, value, y, colour) {
  const { ratio, view, bars, width } = frame;
  g.font = frame.font;
  g.textBaseline = "middle";
  g.textAlign = "left";
  g.fillStyle = colour;
  g.fillRect(view.width + ratio, Math.round(y - 8 * ratio), width - view.width - 2 * ratio, Math.round(16 * ratio));
  g.fillStyle = contrast(colour);
  g.fillText(axisText(pane, value, bars.header.decimals), view.width + 6 * ratio, Math.round(y));
}

// Near-black or white, whichever is easier to read on a colour such as #1f66d6.
export function contrast(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 0.6 ? "#101418" : "#ffffff";
}
