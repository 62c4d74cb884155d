// Thinning: what of many bars in one pixel column is drawn. Columns are counted from the newest bar (View.edge).

// Bars from `first` to `end` as columns: open of the first bar, close of the last, highest, lowest. A bar with a
// missing price is left out. Bars wider than a pixel are a column each.
export function thinBars(bars, first, end, view) {
  const { open, high, low, close } = bars;
  const columns = { x: [], width: [], open: [], high: [], low: [], close: [] };
  let column = NaN;
  let k = -1;
  for (let i = first; i < end; i++) {
    if (!(open[i] + high[i] + low[i] + close[i] < Infinity)) continue;
    const x = view.edge(i);
    if (x !== column) {
      column = x;
      k++;
      columns.x[k] = x;
      columns.width[k] = Math.max(1, view.edge(i + 1) - x);
      columns.open[k] = open[i];
      columns.high[k] = high[i];
      columns.low[k] = low[i];
    } else {
      if (high[i] > columns.high[k]) columns.high[k] = high[i];
      if (low[i] < columns.low[k]) columns.low[k] = low[i];
    }
    columns.close[k] = close[i];
  }
  return columns;
}

// A line as points [x, value, x, value, ...]; NaN is a gap. Of the values in one pixel column the first, lowest,
// highest and last remain, which looks the same as all of them.
export function thinLine(values, first, end, view) {
  const points = [];
  const dense = view.step < 1;
  let [column, opening, lowest, highest, closing] = [NaN, NaN, NaN, NaN, NaN];
  const flush = () => {
    if (column !== column) return;
    const x = column + 0.5;
    points.push(x, opening);
    if (lowest < Math.min(opening, closing)) points.push(x, lowest);
    if (highest > Math.max(opening, closing)) points.push(x, highest);
    if (closing !== opening) points.push(x, closing);
    column = NaN;
  };
  for (let i = first; i < end; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) {
      flush();
      if (points.length && !Number.isNaN(points[points.length - 1])) points.push(NaN, NaN);
      continue;
    }
    if (!dense) {
      points.push(view.middle(i), value);
      continue;
    }
    const x = view.edge(i);
    if (x !== column) {
      flush();
      column = x;
      opening = lowest = highest = value;
    }
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
    closing = value;
  }
  flush();
  return points;
}

// Columns from zero, such as a histogram: [x, width, lowest, highest] of each pixel column.
export function thinColumns(values, first, end, view) {
  const columns = [];
  let last = null;
  for (let i = first; i < end; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) continue;
    const x = view.edge(i);
    if (last && last[0] === x) {
      last[2] = Math.min(last[2], value);
      last[3] = Math.max(last[3], value);
      last[4] = i;
    } else {
      last = [x, Math.max(1, view.edge(i + 1) - x), value, value, i];
      columns.push(last);
    }
  }
  return columns;
}

// The area between two lines as runs {rising, points: [x, upper, lower]}, broken where a value is missing and
// where the lines cross. Of one pixel column the last bar remains.
export function thinBand(upper, lower, first, end, view) {
  const runs = [];
  let run = null;
  let column = NaN;
  for (let i = first; i < end; i++) {
    if (!Number.isFinite(upper[i] + lower[i])) {
      run = null;
      continue;
    }
    const rising = Math.sign(upper[i] - lower[i]) || 1;
    const point = [view.middle(i), upper[i], lower[i]];
    const x = Math.floor(point[0]);
    if (run && rising === run.rising && x === column) run.points[run.points.length - 1] = point;
    else {
      if (!run || rising !== run.rising) {
        const joint = run ? [run.points[run.points.length - 1]] : [];
        runs.push((run = { rising, points: joint }));
      }
      run.points.push(point);
    }
    column = x;
  }
  return runs;
}
