// The one place where numbers become text, so that a number looks the same wherever it is shown.

import type { Ratio, Row } from "./wire.ts";
import { locale, type Language } from "./words.ts";

/** z95 times a standard deviation is the half width of a 95 % interval. */
export const z95 = 1.96;

/** margin is the half width of the 95 % interval of the noise. */
export const margin = (r: Row) => z95 * (r.noise_sd ?? 0);

/** Kinds in which a number can be there or not. */
export type Kind = "value" | "zero" | "suppressed" | "missing" | "modelled";

/** kind tells the four kinds of nothing and the two kinds of something apart. */
export function kind(r: Row | undefined): Kind {
  if (!r || r.estimate === null || r.status === "missing") return "missing";
  if (r.status === "suppressed" || !r.reliable) return "suppressed";
  if (r.value === 0) return "zero";
  return r.status === "modelled" ? "modelled" : "value";
}

/** unit is the place to which a number with this margin is shown: that of the margin's leading digit, at least 1. */
export function unit(margin: number): number {
  return margin < 1 ? 1 : 10 ** Math.floor(Math.log10(margin));
}

/** round rounds to a multiple of a unit. */
export const round = (v: number, unit: number) => Math.round(v / unit) * unit;

const writers = new Map<string, Intl.NumberFormat>();

function writer(lang: Language, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = lang + JSON.stringify(options);
  let w = writers.get(key);
  if (!w) writers.set(key, (w = new Intl.NumberFormat(locale[lang], options)));
  return w;
}

/** whole writes a number without decimals. */
export const whole = (v: number, lang: Language) => writer(lang, { maximumFractionDigits: 0 }).format(v + 0);

/** few writes a number to a few significant digits. */
export const few = (v: number, lang: Language, digits = 3) => writer(lang, { maximumSignificantDigits: digits }).format(v);

/** percent writes a share. */
export const percent = (v: number, lang: Language) => writer(lang, { style: "percent", maximumFractionDigits: 0 }).format(v);

export interface About {
  value: string;
  margin: string;
  lo: string;
  hi: string;
}

/** about writes a number rounded to its margin, and the margin: 12,345 with 412 becomes 12,300 and 400. */
export function about(r: Row, lang: Language): About {
  const m = margin(r);
  const u = unit(m);
  return {
    value: whole(round(Math.max(0, r.value ?? 0), u), lang),
    margin: whole(m === 0 ? 0 : Math.max(1, round(m, u)), lang),
    lo: whole(Math.max(0, round(r.lo, u)), lang),
    hi: whole(Math.max(0, round(r.hi, u)), lang),
  };
}

/** signed writes a difference rounded to its margin, with its sign. Where the margin begins with 1 or 2 both have a digit more, so
 * that what is clear looks clear: -118 with 102, not -100 with 100. */
export function signed(estimate: number, sd: number, lang: Language): { value: string; margin: string } {
  const m = z95 * sd;
  const u = m >= 10 && m / unit(m) < 3 ? unit(m) / 10 : unit(m);
  const v = round(estimate, u);
  return {
    value: writer(lang, { maximumFractionDigits: 0, signDisplay: "exceptZero" }).format(v + 0),
    margin: whole(m === 0 ? 0 : Math.max(1, round(m, u)), lang),
  };
}

/** signedPercent writes a change in percent with its sign. */
export const signedPercent = (v: number, lang: Language) =>
  writer(lang, { style: "percent", maximumFractionDigits: 0, signDisplay: "exceptZero" }).format(Math.round(v) / 100 + 0);

/** cell makes a row of a stored estimate; display rules are those of the server. */
export function cell(time: string, estimate: number | null, sd: number | null, status = ""): Row {
  if (estimate === null || sd === null) {
    return { time, value: null, estimate: null, noise_sd: null, lo: 0, hi: 0, reliable: false, status: "missing" };
  }
  const value = Math.max(0, Math.round(estimate));
  return {
    time, value, estimate, noise_sd: sd, status,
    lo: estimate - z95 * sd,
    hi: estimate + z95 * sd,
    reliable: sd <= 0.3 * Math.max(value, 1),
  };
}

/** sum adds cells whose noise is independent: estimates add, variances add. */
export function sum(time: string, cells: Row[]): Row {
  if (!cells.length || cells.some((c) => c.estimate === null)) return cell(time, null, null);
  return cell(
    time,
    cells.reduce((s, c) => s + (c.estimate ?? 0), 0),
    Math.sqrt(cells.reduce((s, c) => s + (c.noise_sd ?? 0) ** 2, 0)),
  );
}

/** Coin is the currency of an amount in its smallest unit; without an exponent it is a count. */
export interface Coin {
  unit: string;
  exponent?: number;
}

const currency = (coin: Coin, lang: Language, digits: number) =>
  writer(lang, { style: "currency", currency: coin.unit, currencyDisplay: "narrowSymbol", minimumFractionDigits: digits, maximumFractionDigits: digits });

/** amount writes a count or an amount of money, rounded to its margin as about does. */
export function amount(r: Row, coin: Coin, lang: Language): About {
  if (coin.exponent === undefined) return about(r, lang);
  const by = 10 ** coin.exponent;
  const m = margin(r) / by;
  const u = unit(m);
  const write = (v: number) => currency(coin, lang, 0).format(Math.max(0, round(v / by, u)) + 0);
  return { value: write(r.estimate ?? 0), margin: currency(coin, lang, 0).format(m === 0 ? 0 : Math.max(1, round(m, u))), lo: write(r.lo), hi: write(r.hi) };
}

/** How a ratio is read. */
export type Reading = "share" | "thousand" | "money" | "plain";

/** ratio writes a share, rate or mean with its interval, all to the same digits: those of the interval, and no more than four. */
export function ratio(r: Ratio, how: Reading, coin: Coin, lang: Language): { value: string; lo: string; hi: string } {
  const by = how === "share" ? 100 : how === "thousand" ? 1000 : how === "money" ? 10 ** -(coin.exponent ?? 0) : 1;
  const half = ((r.hi - r.lo) / 2) * by;
  const digits = half >= 1 || half <= 0 ? 0 : Math.min(how === "money" ? coin.exponent ?? 0 : 3, Math.ceil(-Math.log10(half)));
  const write = (v: number) => {
    if (how === "money") return currency(coin, lang, digits && coin.exponent ? coin.exponent : 0).format(v * by + 0);
    if (how === "share") return writer(lang, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(v + 0);
    return writer(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(v * by + 0);
  };
  return { value: write(Math.max(0, r.value)), lo: write(Math.max(0, r.lo)), hi: write(Math.max(0, r.hi)) };
}
