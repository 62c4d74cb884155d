// Numbers and times as text; prices and amounts read as those of the Python charts do.

const UNITS = [
  [1e12, "조"],
  [1e8, "억"],
  [1e4, "만"],
  [1, ""],
];
const fixed = new Map();

function grouped(value, decimals) {
  if (!fixed.has(decimals)) {
    const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    fixed.set(decimals, new Intl.NumberFormat("en-US", digits));
  }
  return fixed.get(decimals).format(value).replace("-", "−");
}

// A price or an index level; without `decimals`, as many as carry information.
export function formatPrice(value, decimals) {
  if (!Number.isFinite(value)) return "-";
  if (decimals !== undefined) return grouped(value, decimals);
  if (Math.abs(value) >= 1000) return grouped(value, 0);
  return grouped(value, 2).replace(/\.?0+$/, "");
}

// Shares or won in units of 만, 억 and 조.
export function formatAmount(value) {
  for (let k = 0; k + 1 < UNITS.length; k++) {
    const [unit, name] = UNITS[k];
    // a value that would round to 10,000만 is written as 1억
    if (Math.abs(value) < unit - UNITS[k + 1][0] / 2) continue;
    const scaled = value / unit;
    const text = Math.abs(scaled) >= 100 ? grouped(scaled, 0) : String(+scaled.toPrecision(3));
    return text.replace("-", "−") + name;
  }
  return formatPrice(value);
}

// A value of any size for an axis: abbreviated from a million on.
export function formatValue(value) {
  return Math.abs(value) >= 1e6 ? formatAmount(value) : formatPrice(value);
}

export function formatPercent(value) {
  if (!Number.isFinite(value)) return "-";
  return (value > 0 ? "+" : value < 0 ? "−" : "") + grouped(Math.abs(value), 2) + "%";
}

// A change with an arrow, because colour alone does not tell everybody which way it goes.
export function formatChange(change, reference, decimals) {
  if (!Number.isFinite(change) || !reference) return "";
  const arrow = change > 0 ? "▲" : change < 0 ? "▼" : "";
  return `${arrow}${formatPrice(Math.abs(change), decimals)} (${formatPercent((100 * change) / reference)})`;
}

export const two = (number) => String(number).padStart(2, "0");

// Wall-clock seconds as a date, with the time of day in minutes or seconds where `unit` asks for it.
export function formatTime(seconds, unit) {
  const at = new Date(seconds * 1000);
  const date = `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`;
  if (unit === "day") return date;
  const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
  return unit === "minute" ? `${date} ${clock}` : `${date} ${clock}:${two(at.getUTCSeconds())}`;
}
