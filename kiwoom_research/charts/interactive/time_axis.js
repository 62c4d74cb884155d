// Ticks of the time axis: where a year, month, week, day, hour or a few minutes begin.

import { two } from "./format.js";

const DAY = 86400;
const SECONDS = [1, 5, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 14400];
// Ranks above those of the seconds, coarser ones higher.
const [DAYS, WEEKS, MONTHS, QUARTERS, HALVES, YEARS] = [13, 14, 15, 16, 17, 18];
const MANY_YEARS = [5, 10, 20];
const RANKS = YEARS + MANY_YEARS.length + 1;

// For every bar the coarsest unit that begins with it, 0 for none.
export function rankTimes(bars) {
  const ranks = new Uint8Array(bars.count);
  let [before, day] = [NaN, NaN];
  let [year, month] = [NaN, NaN];
  for (let i = 0; i < bars.count; i++) {
    const time = bars.time(i);
    const today = Math.floor(time / DAY);
    if (today !== day) {
      const date = new Date(time * 1000);
      const [thisYear, thisMonth] = [date.getUTCFullYear(), date.getUTCMonth()];
      if (thisYear !== year) ranks[i] = YEARS + MANY_YEARS.filter((n) => crosses(year, thisYear, n)).length;
      else if (thisMonth !== month) ranks[i] = thisMonth % 6 === 0 ? HALVES : thisMonth % 3 === 0 ? QUARTERS : MONTHS;
      // 1970-01-01 was a Thursday
      else ranks[i] = Math.floor((today + 3) / 7) !== Math.floor((day + 3) / 7) ? WEEKS : DAYS;
      [day, year, month] = [today, thisYear, thisMonth];
    } else {
      for (let k = SECONDS.length - 1; k >= 0 && !ranks[i]; k--) {
        if (Math.floor(time / SECONDS[k]) !== Math.floor(before / SECONDS[k])) ranks[i] = k + 1;
      }
    }
    before = time;
  }
  return ranks;
}

const crosses = (before, after, years) => Math.floor(before / years) !== Math.floor(after / years);

// Ticks in view as {bar, text}, at least `room` device pixels apart; where they collide, the coarser one stays.
export function timeTicks(bars, ranks, view, room) {
  const [first, end] = view.range();
  const counts = new Uint32Array(RANKS + 1);
  for (let i = first; i < end; i++) counts[ranks[i]]++;
  const most = view.width / room;
  let finest = RANKS;
  for (let total = 0; finest > 1; finest--) {
    total += counts[finest - 1];
    if (total * 0.8 > most) break;
  }
  const found = [];
  for (let i = first; i < end; i++) if (ranks[i] >= finest) found.push(i);
  if (first === 0 && bars.count && !found.includes(0)) found.push(0); // shows where the bars begin
  found.sort((a, b) => shownRank(ranks, b) - shownRank(ranks, a) || a - b);
  const taken = [];
  for (const bar of found) {
    const x = view.middle(bar);
    if (taken.every((tick) => Math.abs(tick.x - x) >= room)) {
      taken.push({ bar, x, text: tickText(bars, ranks, bar, finest), strong: bar > 0 && ranks[bar] >= MONTHS });
    }
  }
  return taken.sort((a, b) => a.bar - b.bar);
}

// The bars may begin in the middle of something: the label of the next unit is more important.
const shownRank = (ranks, bar) => (bar === 0 ? 1 : ranks[bar]);

// The part of the time that changes at a tick.
function tickText(bars, ranks, bar, finest) {
  const at = new Date(bars.time(bar) * 1000);
  const intraday = bars.header.unit !== "day";
  const rank = ranks[bar];
  if (bar === 0 && finest >= YEARS) return String(at.getUTCFullYear());
  if (bar === 0 && finest >= MONTHS) return `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}`;
  if (bar === 0) return `${at.getUTCMonth() + 1}/${at.getUTCDate()}`;
  if (rank >= YEARS) return String(at.getUTCFullYear());
  if (rank >= MONTHS) return `${at.getUTCMonth() + 1}월`;
  if (rank >= DAYS) return intraday ? `${at.getUTCMonth() + 1}/${at.getUTCDate()}` : String(at.getUTCDate());
  const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
  return at.getUTCSeconds() ? `${clock}:${two(at.getUTCSeconds())}` : clock;
}
