// Paints the panes: grid, candles, columns, lines and marks. Everything is in device pixels.

import { colourOf, directionColour, paintGrid, paintTags, paintTimeAxis, paintValueAxis, strokeLevel } from "./axes.js";
import { paintEvents, paintOfficial, paintProfile, paintSignals, paintUntraded } from "./marks.js";
import { makeScale, padRange } from "./scales.js";
import { thinBand, thinBars, thinColumns, thinLine } from "./thin.js";
import { timeTicks } from "./time_axis.js";

const BODY_STEP = 2; // device pixels per bar, below which a candle is its range from low to high
const SHORTEST = 6; // device pixels an average must span: a shorter one covers the candles it averages

// `frame`: context g, ratio, font, bars, ranks, view, panes with top and bottom, colours, width and height of the
// canvas, foot (where the time axis begins). Adds to every pane its scale.
export function paintChart(frame) {
  const { g, bars, view, colours } = frame;
  g.fillStyle = colours.background;
  g.fillRect(0, 0, frame.width, frame.height);
  g.font = frame.font;
  g.textBaseline = "middle";
  const [first, end] = view.range();
  frame.columns = bars.hasCandles ? thinBars(bars.drawn, first, end, view) : null;
  frame.times = timeTicks(bars, frame.ranks, view, (bars.header.unit === "tick" ? 72 : 54) * frame.ratio);
  for (const pane of frame.panes) {
    prepare(frame, pane, first, end);
    paintGrid(frame, pane);
    g.save();
    g.beginPath();
    g.rect(0, pane.top, view.width, pane.bottom - pane.top);
    g.clip();
    paintContent(frame, pane, first, end);
    g.restore();
    paintValueAxis(frame, pane, paintTags(frame, pane));
  }
  paintTimeAxis(frame);
}

// Thins what a pane shows and fits its scale to it.
function prepare(frame, pane, first, end) {
  const { bars, view, columns, ratio } = frame;
  let [low, high] = [Infinity, -Infinity];
  const include = (bottom, top) => {
    if (bottom < low && Number.isFinite(bottom)) low = bottom;
    if (top > high && Number.isFinite(top)) high = top;
  };
  if (pane.candles) for (let k = 0; k < columns.x.length; k++) include(columns.low[k], columns.high[k]);
  const averages = [];
  pane.shapes = pane.studies.map((study) => {
    const values = bars.columns[study.column];
    if (study.shape === "columns") {
      const shape = thinColumns(values, first, end, view);
      include(0, 0);
      for (const [, , bottom, top] of shape) include(bottom, top);
      return shape;
    }
    if (study.period && study.period * view.step < SHORTEST * ratio) return [];
    const shape = thinLine(values, Math.max(0, first - 1), Math.min(bars.count, end + 1), view);
    if (study.average) averages.push(shape);
    else for (let k = 1; k < shape.length; k += 2) if (!pane.log || shape[k] > 0) include(shape[k], shape[k]);
    return shape;
  });
  // a distant average is cut off instead of flattening the bars
  const [floor, ceiling] = [low - (high - low) / 4, high + (high - low) / 4];
  for (const shape of averages) {
    for (let k = 1; k < shape.length; k += 2) {
      if (shape[k] === shape[k]) include(Math.max(floor, shape[k]), Math.min(ceiling, shape[k]));
    }
  }
  pane.known = low <= high;
  const height = pane.bottom - pane.top;
  const above = (pane.legendHeight + 6) * ratio + (pane.candles ? 6 * ratio : 0);
  const below = pane.zeroBased ? 0 : (pane.candles ? 12 : 5) * ratio;
  const range = pane.limits ?? padRange(low, high, height, above, below, pane.log);
  pane.scale = makeScale(range[0], range[1], pane.top, pane.bottom, pane.log);
}

function paintContent(frame, pane, first, end) {
  const { g, colours, ratio } = frame;
  if (pane.candles) paintUntraded(frame, pane);
  if (pane.profile) paintProfile(frame, pane, first, end);
  g.setLineDash([4 * ratio, 3 * ratio]);
  for (const level of pane.levels) strokeLevel(frame, pane, level, colours.muted);
  g.setLineDash([]);
  for (const fill of pane.fills) fillBetween(frame, pane, fill, first, end);
  const grouped = pane.studies.filter((study) => study.shape === "columns");
  pane.studies.forEach((study, k) => {
    if (study.shape === "columns") {
      paintColumns(frame, pane, study, pane.shapes[k], grouped.indexOf(study), grouped.length);
    }
  });
  if (pane.candles) paintCandles(frame, pane);
  pane.studies.forEach((study, k) => {
    if (study.shape !== "columns") paintLine(frame, pane, study, pane.shapes[k]);
  });
  if (!pane.main) return;
  paintOfficial(frame, pane, first, end);
  paintEvents(frame, pane);
  paintSignals(frame, pane, first, end);
  const price = frame.bars.close?.[frame.bars.count - 1];
  if (Number.isFinite(price)) {
    g.setLineDash([4 * ratio, 3 * ratio]);
    strokeLevel(frame, pane, price, directionColour(colours, frame.bars.header.change));
    g.setLineDash([]);
  }
}

// Wicks and bodies on whole pixels; narrow bars are their range, without gaps between them.
function paintCandles(frame, pane) {
  const { g, columns, colours, ratio, view } = frame;
  const y = (value) => Math.round(pane.scale.y(value));
  const thin = view.step < BODY_STEP;
  const wick = Math.max(1, Math.round(ratio * (view.step / ratio > 24 ? 1.5 : 1)));
  let body = bodyWidth(view);
  if ((body - wick) % 2 && body > 2 * wick) body--; // so that the wick is in the middle
  const signs = columns.close.map((close, k) => Math.sign(close - columns.open[k]));
  for (const sign of [0, -1, 1]) {
    g.fillStyle = directionColour(colours, sign);
    for (let k = 0; k < columns.x.length; k++) {
      if (signs[k] !== sign) continue;
      const top = y(columns.high[k]);
      const height = Math.max(wick, y(columns.low[k]) - top);
      if (thin) {
        g.fillRect(columns.x[k], top, columns.width[k], height);
        continue;
      }
      const left = columns.x[k] + Math.floor((columns.width[k] - body) / 2);
      const upper = y(Math.max(columns.open[k], columns.close[k]));
      const lower = y(Math.min(columns.open[k], columns.close[k]));
      g.fillRect(left + Math.floor((body - wick) / 2), top, wick, height);
      g.fillRect(left, upper, body, Math.max(wick, lower - upper));
    }
  }
}

// Width of a candle's body: all are equally wide, with a gap from three pixels on.
export function bodyWidth(view) {
  const slot = Math.max(1, Math.floor(view.step));
  return slot < 3 ? slot : slot - Math.max(1, Math.round(slot * 0.26));
}

function paintColumns(frame, pane, study, shape, place, places) {
  const { g, colours, view, bars } = frame;
  const zero = Math.round(pane.scale.y(Math.max(pane.scale.low, 0)));
  const body = bodyWidth(view);
  const width = Math.max(1, Math.floor(body / places));
  g.globalAlpha = study.alpha;
  for (const [x, slot, lowest, highest, bar] of shape) {
    const sign = study.colour === "candle" ? bars.direction(bar) : Math.sign(highest + lowest);
    g.fillStyle = ["candle", "sign"].includes(study.colour)
      ? directionColour(colours, sign)
      : colourOf(colours, study.colour);
    const left = view.step < BODY_STEP ? x : x + Math.floor((slot - body) / 2) + place * width;
    const wide = view.step < BODY_STEP ? slot : width;
    const top = Math.round(pane.scale.y(Math.max(highest, 0)));
    const bottom = Math.round(pane.scale.y(Math.min(lowest, 0)));
    if (highest > 0) g.fillRect(left, top, wide, Math.max(1, zero - top));
    if (lowest < 0) g.fillRect(left, zero, wide, Math.max(1, bottom - zero));
  }
  g.globalAlpha = 1;
}

function trace(g, pane, shape) {
  let drawing = false;
  for (let k = 0; k < shape.length; k += 2) {
    if (shape[k] !== shape[k]) drawing = false;
    else if (drawing) g.lineTo(shape[k], pane.scale.y(shape[k + 1]));
    else {
      g.moveTo(shape[k], pane.scale.y(shape[k + 1]));
      drawing = true;
    }
  }
}

function paintLine(frame, pane, study, shape) {
  const { g, colours, ratio } = frame;
  g.strokeStyle = g.fillStyle = colourOf(colours, study.colour);
  g.lineJoin = "round";
  g.lineWidth = Math.max(1, (study.shape === "area" ? 1.5 : 1.2) * ratio);
  g.beginPath();
  trace(g, pane, shape);
  g.stroke();
  if (shape.length === 2) g.fillRect(shape[0] - ratio, pane.scale.y(shape[1]) - ratio, 2 * ratio, 2 * ratio);
  if (study.shape !== "area" || !shape.length) return;
  g.globalAlpha = 0.1;
  g.lineTo(shape[shape.length - 2], pane.bottom);
  g.lineTo(shape[0], pane.bottom);
  g.fill();
  g.globalAlpha = 1;
}

// Shades the area between two lines; where their colours differ, as rising or falling by which one is above.
function fillBetween(frame, pane, [upper, lower], first, end) {
  const { g, bars, colours, view } = frame;
  const [a, b] = [upper, lower].map((k) => pane.studies[k]);
  const [tops, bottoms] = [a, b].map((study) => bars.columns[study.column]);
  const runs = thinBand(tops, bottoms, Math.max(0, first - 1), Math.min(bars.count, end + 1), view);
  g.globalAlpha = 0.1;
  for (const { rising, points } of runs) {
    g.fillStyle = a.colour === b.colour ? colourOf(colours, a.colour) : directionColour(colours, rising);
    g.beginPath();
    for (const [x, top] of points) g.lineTo(x, pane.scale.y(top));
    for (const [x, , bottom] of points.reverse()) g.lineTo(x, pane.scale.y(bottom));
    g.fill();
  }
  g.globalAlpha = 1;
}
