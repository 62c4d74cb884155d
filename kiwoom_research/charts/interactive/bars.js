// The payload: a JSON header and one typed array per column, decoded without copying a number.

const TYPES = { f8: Float64Array, f4: Float32Array, u4: Uint32Array };

// `view` is a DataView or an array of bytes: length of the header, header, padding, columns.
export function decode(view) {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const length = new DataView(view.buffer, view.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const body = bytes.slice(4 + length).buffer; // typed arrays must begin at a multiple of their width
  const columns = {};
  let offset = 0;
  for (const [name, type] of header.columns) {
    columns[name] = new TYPES[type](body, offset, header.count);
    offset += columns[name].byteLength;
  }
  return new Bars(header, columns);
}

export class Bars {
  constructor(header, columns) {
    this.header = header;
    this.count = header.count;
    this.columns = columns;
    for (const name of ["open", "high", "low", "close", "volume", "reference", "official"]) {
      this[name] = columns[name];
    }
    this.hasCandles = header.kind === "candles";
    // averaged candles are drawn in the place of the bars, whose own values are read with the crosshair
    const drawn = (name) => columns[`drawn_${name}`] ?? columns[name];
    this.drawn = { open: drawn("open"), high: drawn("high"), low: drawn("low"), close: drawn("close") };
  }

  time(i) {
    return this.header.start + this.columns.time[i];
  }

  // 1 for a bar that closes above its open, -1 below, 0 at it; without opens, against the bar before.
  direction(i) {
    const from = this.columns.open ? this.columns.open[i] : this.close[i - 1];
    const to = this.close[i];
    return to > from ? 1 : to < from ? -1 : 0;
  }

  // The price that the change of a bar refers to: the broker's where it says so, else the close before.
  referenceOf(i) {
    const told = this.reference ? this.reference[i] : NaN;
    if (Number.isFinite(told)) return told;
    for (let k = i - 1; k >= 0 && k >= i - 50; k--) {
      if (Number.isFinite(this.close[k])) return this.close[k];
    }
    return NaN;
  }

  // The last bar that begins at or before a time; -1 before the first.
  at(seconds) {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.time(middle) <= seconds) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  // Return, high, low and volume of the bars from `first` to `last`, both included.
  summary(first, last) {
    let [high, low, volume] = [-Infinity, Infinity, 0];
    for (let i = first; i <= last; i++) {
      const top = this.columns.high ? this.columns.high[i] : this.close[i];
      const bottom = this.columns.low ? this.columns.low[i] : this.close[i];
      if (top > high) high = top;
      if (bottom < low) low = bottom;
      if (this.volume && Number.isFinite(this.volume[i])) volume += this.volume[i];
    }
    return { change: 100 * (this.close[last] / this.close[first] - 1), high, low, volume };
  }
}
