// The answer about a place and a day: from the server for people present, from the released columns for counts whose
// noise is independent, where sums are exact arithmetic.

import * as api from "./api.ts";
import { tablesOf, type Catalogue, type Day } from "./catalogue.ts";
import { locals } from "./clock.ts";
import { cell, sum } from "./figure.ts";
import type { Frame } from "./frame.ts";
import { ringHolds, type Ground } from "./ground.ts";
import { toDegrees } from "./laea.ts";
import type { QueryAnswer, Release, Row, UsualRow } from "./wire.ts";

export type Place = { kind: "whole" } | { kind: "zones"; ids: string[] } | { kind: "ring"; ring: number[][] }; // metres

/** Span is how long a number counts; spans over an hour are sums of counts, for products whose counts add up. */
export type Span = "hour" | "day" | "month";
export const spans: Span[] = ["hour", "day", "month"];

export interface Answer {
  key: string; // what was asked
  id: string; // result or release, for data-obs
  hours: string[]; // local hours; or days, for spans over an hour
  rows: Row[]; // one for each of them
  sums: Partial<Record<Span, Row>>; // of the day and of the whole period, where counts add up
  parts: Record<string, { codes: string[]; rows: Row[][] }>; // by breakdown: [code][hour]
  pyramid: Pyramid | null;
  usual: (UsualRow | undefined)[]; // of each row; empty without past weeks
  usualOf: string[]; // releases that it is made of
  area: QueryAnswer["area"];
  sources: Record<string, string>;
}

/** Pyramid is gender by age, modelled: [hour][gender][age]; a cell that is not there is null. */
export interface Pyramid {
  genders: string[];
  ages: string[];
  cells: (number | null)[][][];
}

export interface Ask {
  catalogue: Catalogue;
  ground: Ground;
  day: Day;
  table: string;
  frame: Frame | undefined;
  place: Place;
  span: Span;
}

export const breakdowns = ["role", "gender", "age", "origin"];

/** keyOf names a question, so that an answer can be told from an older one. Empty: cannot be asked yet. */
export function keyOf(a: Ask | null): string {
  if (!a) return "";
  if (a.day.release.product !== "present" && !a.frame) return "";
  return JSON.stringify([a.day.day, a.day.release.id, a.table, a.place, a.span]);
}

export function ask(a: Ask, signal: AbortSignal): Promise<Answer> {
  return a.day.release.product === "present" ? remote(a, signal) : Promise.resolve(near(a));
}

/** degrees turns a ring of metres into longitudes and latitudes with 7 decimals. */
export function degrees(ground: Ground, ring: number[][]): number[][] {
  return ring.map(([x, y]) => toDegrees(ground.plane, x, y).map((v) => Math.round(v * 1e7) / 1e7));
}

const top = (g: Ground) => g.zones.filter((z) => z.parent < 0).map((z) => z.id);

async function remote(a: Ask, signal: AbortSignal): Promise<Answer> {
  const { release } = a.day;
  const has = tablesOf(a.catalogue, release);
  const by = ["time", ...breakdowns.filter((b) => has.includes(b))];
  const time = `${release.period.start}/${release.period.end}`;
  const got = await api.query({ product: release.product, area: areaOf(a), time, by, compare: "usual-day", ...(by.includes("gender") && by.includes("age") ? { pyramid: true } : {}) }, signal);
  return arrange(got, keyOf(a), release.period.time_zone);
}

/** areaOf is a place as the server reads it. */
export const areaOf = (a: { place: Place; ground: Ground }) =>
  a.place.kind === "ring"
    ? { polygon: { type: "Polygon" as const, coordinates: [degrees(a.ground, a.place.ring)] } }
    : { zones: a.place.kind === "zones" ? a.place.ids : top(a.ground) };

/** Ahead is the newest released day and the days after it. */
export interface Ahead {
  id: string;
  hours: string[]; // local
  rows: Row[];
  from: number; // first row that is a forecast
}

/** askAhead asks for the newest day of a place and a forecast of the week after it. It is asked apart from the day in view, since
 * the newest hours of a small perimeter need a token where older ones do not. */
export async function askAhead(a: Ask, newest: Release, signal: AbortSignal): Promise<Ahead> {
  const time = `${newest.period.start}/${newest.period.end}`;
  const got = await api.query({ product: newest.product, area: areaOf(a), time, by: ["time"], forecast: 7 }, signal);
  return ahead(got, newest.period.time_zone);
}

/** ahead puts released and forecast hours in one line; an hour between them without a forecast is missing. */
export function ahead(got: QueryAnswer, zone: string): Ahead {
  const known = got.tables[0]?.rows ?? [];
  const coming = new Map((got.forecast?.rows ?? []).map((r) => [Date.parse(r.time), r]));
  const rows: Row[] = [...known];
  const last = Math.max(0, ...coming.keys());
  const step = 3600e3;
  for (let t = Date.parse(known.at(-1)?.time ?? "") + step; t <= last; t += step) {
    const f = coming.get(t);
    const time = new Date(t).toISOString().replace(".000Z", "Z");
    rows.push(f ? { ...f, noise_sd: f.forecast_sd } : cell(time, null, null));
  }
  return { id: got.id, hours: locals(rows.map((r) => r.time), zone), rows, from: known.length };
}

/** arrange puts the tables of an answer in order: hours ascending, one list of rows for each code. */
export function arrange(got: QueryAnswer, key: string, zone: string): Answer {
  const rows = [...(got.tables.find((t) => t.by === "time")?.rows ?? [])].sort((p, q) => (p.time < q.time ? -1 : 1));
  const at = new Map(rows.map((r, i) => [r.time, i]));
  const parts: Answer["parts"] = {};
  for (const t of got.tables) {
    if (t.by === "time") continue;
    const codes = t.dims?.find((d) => d.name === t.by)?.codes ?? [...new Set(t.rows.map((r) => String(r[t.by as keyof Row])))];
    const list = codes.map((): Row[] => rows.map((r) => cell(r.time, null, null)));
    for (const r of t.rows) {
      const i = at.get(r.time);
      if (i !== undefined) list[codes.indexOf(String(r[t.by as keyof Row]))][i] = r;
    }
    parts[t.by] = { codes, rows: list };
  }
  const past = new Map((got.usual?.rows ?? []).map((r) => [r.time, r]));
  const usual = past.size ? rows.map((r) => past.get(r.time)) : [];
  return { key, id: got.id, hours: locals(rows.map((r) => r.time), zone), rows, sums: {}, parts, pyramid: pyramidOf(got, rows), usual, usualOf: got.usual?.releases ?? [], area: got.area, sources: got.sources ?? {} };
}

function pyramidOf(got: QueryAnswer, rows: Row[]): Pyramid | null {
  const p = got.pyramid;
  if (!p?.rows.length) return null;
  const of = new Map(p.rows.map((r) => [`${r.time} ${r.gender} ${r.age}`, r.estimate]));
  return { genders: p.genders, ages: p.ages, cells: rows.map((r) => p.genders.map((g) => p.ages.map((a) => of.get(`${r.time} ${g} ${a}`) ?? null))) };
}

function near(a: Ask): Answer {
  const frame = a.frame as Frame;
  const members = inside(a.ground, a.place).filter((i) => frame.zones.has(a.ground.zones[i].id));
  const total = (slots: number[]) =>
    sum(frame.times[slots[0]] ?? "", members.flatMap((m) => slots.map((i) => frame.at(frame.zones.get(a.ground.zones[m].id) as number, i))));
  const by = new Map<string, number[]>(); // hours of the day, or days of the period
  frame.hours.forEach((h, i) => {
    const slot = a.span === "hour" ? h : h.slice(0, 10);
    if (a.span !== "hour" || h.startsWith(a.day.day)) by.set(slot, [...(by.get(slot) ?? []), i]);
  });
  const hours = [...by.keys()];
  const rows = [...by.values()].map(total);
  const day = rows[hours.indexOf(a.day.day)];
  const month = a.span === "month" ? total(frame.times.map((_, i) => i)) : undefined;
  return { key: keyOf(a), id: a.day.release.id, hours, rows, sums: { day, month }, parts: {}, pyramid: null, usual: [], usualOf: [], area: undefined, sources: {} };
}

/** inside lists the zones without children that a place holds; a point is inside a ring or it is not. */
export function inside(g: Ground, place: Place): number[] {
  const finest = g.zones.filter((z) => !z.children.length);
  if (place.kind === "whole") return finest.map((z) => z.index);
  if (place.kind === "ring") {
    const flat = place.ring.flat();
    return finest.filter((z) => ringHolds(flat, z.centre[0], z.centre[1])).map((z) => z.index);
  }
  const wanted = new Set(place.ids.map((id) => g.index.get(id)));
  const within = (i: number): boolean => i >= 0 && (wanted.has(i) || within(g.zones[i].parent));
  return finest.filter((z) => within(z.index)).map((z) => z.index);
}
