// Hours and days in the time zone of a release. A local hour is written 2026-03-03T08; the second of two equal hours,
// when clocks go back, ends with b.

import { locale, type Language } from "./words.ts";

const writers = new Map<string, Intl.DateTimeFormat>();

function writer(tag: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = tag + JSON.stringify(options);
  let w = writers.get(key);
  if (!w) writers.set(key, (w = new Intl.DateTimeFormat(tag, options)));
  return w;
}

/** local writes an instant as a local hour, 2026-03-03T08. */
export function local(code: string, zone: string): string {
  const p: Record<string, string> = {};
  const w = writer("en-GB", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", hourCycle: "h23" });
  for (const one of w.formatToParts(new Date(code))) p[one.type] = one.value;
  return `${p.year}-${p.month}-${p.day}T${p.hour}`;
}

/** locals writes the local hours of ascending instants, marking second ones with b. */
export function locals(codes: string[], zone: string): string[] {
  let last = "";
  return codes.map((c) => {
    const name = local(c, zone);
    const twice = name === last;
    last = name;
    return twice ? name + "b" : name;
  });
}

/** dayName writes a civil day such as 2026-03-03 for a reader. */
export function dayName(day: string, lang: Language, long = true): string {
  const at = new Date(day + "T12:00:00Z");
  return writer(locale[lang], long
    ? { timeZone: "UTC", weekday: "short", day: "numeric", month: "long", year: "numeric" }
    : { timeZone: "UTC", weekday: "short", day: "numeric", month: "short" }).format(at);
}

/** weekdayName writes the weekday of a civil day. */
export const weekdayName = (day: string, lang: Language, long = true) =>
  writer(locale[lang], { timeZone: "UTC", weekday: long ? "long" : "short" }).format(new Date(day + "T12:00:00Z"));

/** dayShort writes a civil day for an axis. */
export const dayShort = (day: string, lang: Language) =>
  writer(locale[lang], { timeZone: "UTC", day: "numeric", month: "short" }).format(new Date(day + "T12:00:00Z"));

/** monthName writes a civil month such as 2026-03. */
export const monthName = (month: string, lang: Language) =>
  writer(locale[lang], { timeZone: "UTC", month: "long", year: "numeric" }).format(new Date(month + "-15T12:00:00Z"));

const two = (n: number) => String(n).padStart(2, "0");

/** binsOf writes the local names of ascending bins of so many minutes, 2026-03-03T08:15/15, marking those that come a second time with b. */
export function binsOf(codes: string[], zone: string, width: number): string[] {
  const w = writer("en-GB", { timeZone: zone, minute: "2-digit" });
  const seen = new Set<string>();
  return codes.map((c) => {
    const name = `${local(c, zone)}:${two(Number(w.format(new Date(c))))}`;
    const twice = seen.has(name);
    seen.add(name);
    return `${name}${twice ? "b" : ""}/${width}`;
  });
}

/** ageName writes how long ago something was. */
export function ageName(minutes: number, lang: Language): string {
  const r = new Intl.RelativeTimeFormat(locale[lang], { numeric: "always" });
  if (minutes < 120) return r.format(-minutes, "minute");
  return minutes < 48 * 60 ? r.format(-Math.floor(minutes / 60), "hour") : r.format(-Math.floor(minutes / 1440), "day");
}

/** binEnd writes when a bin ends: 08:30. */
export const binEnd = (name: string) => hourName(name).slice(6);

/** hourName writes the hour that begins at a local hour: 08:00–09:00; of a bin 08:15–08:30. */
export function hourName(hour: string): string {
  const bin = /T(\d\d):(\d\d)b?\/(\d+)$/.exec(hour);
  if (bin) {
    const start = Number(bin[1]) * 60 + Number(bin[2]);
    const end = (start + Number(bin[3])) % 1440 || 1440;
    return `${bin[1]}:${bin[2]}–${two(Math.floor(end / 60))}:${two(end % 60)}`;
  }
  const h = Number(hour.slice(11, 13));
  return `${two(h)}:00–${two((h + 1) % 24 || 24)}:00`;
}

/** hourStart writes only when it begins: 08:00. */
export const hourStart = (hour: string) => (hour.length > 14 ? hour.slice(11, 16) : hour.slice(11, 13) + ":00");

/** slotName writes what a row of a curve stands for: an hour, or a day. */
export const slotName = (slot: string, lang: Language) => (slot.length === 10 ? dayName(slot, lang, false) : hourName(slot));

/** slotStart writes it shorter: when the hour begins, or the day. */
export const slotStart = (slot: string, lang: Language) => (slot.length === 10 ? dayName(slot, lang, false) : hourStart(slot));

/** daysOf lists the civil days of a period named 2026-03-03 or 2026-03. */
export function daysOf(period: string): string[] {
  if (period.length === 10) return [period];
  const [y, m] = period.split("-").map(Number);
  const n = new Date(Date.UTC(y, m, 0)).getUTCDate();
  return Array.from({ length: n }, (_, i) => `${period}-${two(i + 1)}`);
}

/** instantName writes an instant in the reader's own time zone. */
export const instantName = (at: string, lang: Language) =>
  writer(locale[lang], { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at));
