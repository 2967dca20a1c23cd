// "Now and then": people (or departures, or arrivals) by zone and hour, and the panel of a place.

import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import * as api from "../api.ts";
import { ask, askAhead, keyOf, degrees, spans, type Place, type Span } from "../answer.ts";
import { days, live as liveProduct, of, presences, type Catalogue } from "../catalogue.ts";
import { line } from "../chart/number.tsx";
import { dayName, hourName, instantName } from "../clock.ts";
import { classOf, limits, type Theme } from "../colour.ts";
import { cell, kind, margin, sum } from "../figure.ts";
import { frame as readFrame, type Frame } from "../frame.ts";
import { area, show, unpack, type Ground, type Zone } from "../ground.ts";
import { toPlane } from "../laea.ts";
import { Legend } from "../legend.tsx";
import { packRing, unpackRing, type State } from "../link.ts";
import { useLoaded } from "../load.ts";
import { missing, suppressed, type Look } from "../map/painter.ts";
import { Stage } from "../map/stage.tsx";
import { Cards } from "../cards.tsx";
import { products, type Holder } from "../holder.ts";
import { Panel, spanName } from "../panel.tsx";
import { ZoneTable } from "../table.tsx";
import { TimeBar, step } from "../timebar.tsx";
import { Trouble } from "../trouble.tsx";
import type { Row } from "../wire.ts";
import type { Say, Key } from "../words.ts";

export interface ScreenProps {
  houses: Holder[]; // this holder and those beside it; empty until they are known
  catalogue: Catalogue;
  state: State;
  say: Say;
  theme: Theme;
  tab: "map" | "chart" | "table";
  setTab(t: "map" | "chart" | "table"): void;
  go(patch: Partial<State>, push?: boolean): void;
}

export interface Measure {
  key: string;
  table: string;
  perKm2: boolean;
  name: Key;
}

export const measuresOf: Record<string, Measure[]> = {
  present: [
    { key: "density", table: "total", perKm2: true, name: "density" },
    { key: "total", table: "total", perKm2: false, name: "totalMeasure" },
  ],
  vehicles: [
    { key: "departures", table: "departures", perKm2: false, name: "departures" },
    { key: "arrivals", table: "arrivals", perKm2: false, name: "arrivals" },
  ],
};

/** useGround loads and unpacks the geography of a release. */
export function useGround(geo: { id: string; version: string } | undefined) {
  return useLoaded(geo ? `${geo.id}/${geo.version}` : "", async () => unpack(await api.geography(geo!.id, geo!.version)));
}

/** viewOf reads the part of the map in view from a link. */
export const viewOf = (v: string): number[] | null => {
  const n = v.split(",").map(Number);
  return n.length === 3 && n.every(Number.isFinite) && n[2] > 0 ? n : null;
};

export function NowScreen(p: ScreenProps) {
  const { catalogue: c, state, say } = p;
  const offered = presences.filter((id) => of(c, id).length);
  const product = offered.find((id) => id === state.p) ?? offered[0];
  const list = useMemo(() => days(c, product ?? ""), [c, product]);
  const day = list.find((d) => d.day === state.t.slice(0, 10)) ?? list.at(-1);
  const ground = useGround(day?.release.geo);
  if (!day || !product) return products(p.houses).length ? <main class="page"><h1>{say("published")}</h1><Cards {...p} /></main> : <Nothing catalogue={c} say={say} />;
  if (!ground.data) return ground.error ? <Trouble error={ground.error} say={say} retry={ground.retry} /> : <main class="loading" aria-busy="true" />;
  return <Now {...p} product={product} offered={offered} list={list} day={day} ground={ground.data} />;
}

export function Nothing({ catalogue, say }: { catalogue: Catalogue; say: Say }) {
  const next = catalogue.coming[0]?.not_before;
  return <main class="page"><h1>{say("noRelease")}</h1><p>{next ? say("comesOn", { when: instantName(next, say.lang) }) : say("noReleaseWhy")}</p></main>;
}

type Inner = ScreenProps & { product: string; offered: string[]; list: ReturnType<typeof days>; day: ReturnType<typeof days>[number]; ground: Ground };

function Now(p: Inner) {
  const { catalogue: c, state, say, go, day, ground, list, product } = p;
  const measures = measuresOf[product].filter((m) => !m.perKm2 || !ground.points);
  const measure = measures.find((m) => m.key === state.m) ?? measures[0];
  const level = ground.levels.find((l) => String(l) === state.n) ?? ground.levels.at(-1) ?? 0;
  const shown = useMemo(() => show(ground.zones, level), [ground, level]);
  const loaded = useFrame(day.release.id, measure.table);
  const scaleOf = useFrame(of(c, product)[0].id, measure.table);
  usePrefetch(list, day.day, measure.table);
  const frame = loaded.data;
  const hours = useMemo(() => (frame ? frame.hours.filter((h) => h.startsWith(day.day)) : []), [frame, day.day]);
  const wanted = state.t.slice(0, 10) === day.day && state.t.length > 10 ? state.t : `${day.day}T12`;
  const hour = hours.length ? nearest(hours, wanted) : 0;
  const slot = frame && hours.length ? frame.hours.indexOf(hours[hour]) : -1;
  const addable = product === "vehicles";
  const span = addable ? (spans.find((s) => s === state.u) ?? "month") : "hour";
  const slots = useMemo(() => (frame && slot >= 0 ? reach(frame, slot, span) : []), [frame, slot, span]);
  const ranges = useMemo(() => scale(scaleOf.data ?? frame, shown, measure, span), [scaleOf.data ?? frame, shown, measure, span]);
  const looks = useMemo(() => look(frame, slots, shown, measure, ranges), [frame, slots, shown, measure, ranges]);
  const rowOf = (z: Zone): Row | undefined => value(frame, slots, z, measure);

  const [playing, play] = useState(false);
  const [speed, pace] = useState(4);
  const [only, pickClass] = useState(-1);
  const [fitTurn, fitAgain] = useState(0);
  const [radius, setRadius] = useState(26);
  const [sketch, setSketch] = useState<number[][] | null>(null);
  const place = usePlace(state, ground, sketch);
  const question = { catalogue: c, ground, day, table: measure.table, frame, place, span };
  const key = keyOf(question);
  const answer = useLoaded(key, (signal) => ask(question, signal), place.kind === "ring" ? 150 : 0);
  const km2 = place.kind === "ring" ? Math.abs(area(place.ring.flat())) / 1e6 : areaOf(ground, place);
  const newest = of(c, product)[0];
  const ahead = useLoaded(product === "present" && !sketch && key ? JSON.stringify([newest.id, place]) : "", (signal) => askAhead(question, newest, signal), 300);
  const fresh = answer.data?.key === key;
  const sameDay = fresh || answer.data?.hours[0]?.startsWith(span === "hour" ? day.day : day.day.slice(0, 7)) ? answer.data : undefined;
  const selected = place.kind === "zones" ? place.ids.flatMap((id) => ground.index.get(id) ?? []) : [];

  const pick = (id: string | null, add: boolean) => {
    setSketch(null);
    if (!id) return go({ z: [], a: "" }, true);
    const z = add ? (state.z.includes(id) ? state.z.filter((x) => x !== id) : [...state.z, id]) : [id];
    return go({ z, a: "" }, true);
  };
  const perimeter = useCallback((ring: number[][] | null, done: boolean) => {
    setSketch(done ? null : ring);
    if (done && ring) go({ a: packRing(degrees(ground, ring)), z: [] }, true);
    if (!ring) go({ a: "", z: [] });
  }, [ground, go]);
  const months = useMemo(() => list.filter((d) => d.day.endsWith("-01")).map((d) => d.day), [list]);
  const time = {
    days: span === "month" ? months : list.map((d) => d.day), day: span === "month" ? day.day.slice(0, 7) + "-01" : day.day,
    hours: span === "hour" ? hours : [], hour, playing, speed, say, play, pace,
    shape: useMemo(() => (span === "hour" ? outline(frame, ground, hours) : []), [frame, ground, hours, span]),
    go: (d: string, h: number, dragging: boolean) => {
      if (playing && loaded.stale) return; // the day is not here yet: wait, do not skip
      const target = span !== "hour" ? d : d === day.day ? hours[h] : `${d}T${String(h).padStart(2, "0")}`;
      go({ t: target ?? `${d}T12` }, !dragging);
    },
  };
  const move = (way: number, e: KeyboardEvent) => {
    const next = time.days[time.days.indexOf(time.day) + way * (e.altKey ? 7 : 1)];
    if (!(e.shiftKey || e.altKey)) step(time, way);
    else if (next) time.go(next, time.hour, false);
  };
  useKeys({ move, toggle: () => play(!playing) }, p.setTab);
  const title = say(measure.name);
  const lines = shown.map((z) => ({ id: z.id, name: z.name, row: rowOf(z) }));

  return (
    <main class={`screen tab-${p.tab}`}>
      <h1 class="hidden">{say("now")}</h1>
      <div class="map-side">
        <Stage
          ground={ground} shown={shown} looks={looks} only={only} selected={selected} lines={none} plain={false} theme={p.theme}
          view={viewOf(state.v)} ring={place.kind === "ring" ? place.ring : null} drawing say={say} fitTurn={fitTurn} radius={setRadius}
          summary={say("mapSummary", { what: title, n: shown.length, day: dayName(day.day, say.lang), hour: hours[hour] ? hourName(hours[hour]) : "" })}
          tip={(z) => tipOf(rowOf(z), measure, say)} pick={(z, add) => pick(z?.id ?? null, add)} perimeter={perimeter} moved={(v) => go({ v })}
        >
          <div class="map-choices">
            {p.offered.length > 1 && <Choice label={say("product")} value={product} options={p.offered.map((id) => [id, productName(c, id, say)])} pick={(id) => go({ p: id, m: "", n: "" }, true)} />}
            <Choice label={say("measure")} value={measure.key} options={measures.map((m) => [m.key, say(m.name)])} pick={(m) => go({ m: m === measures[0].key ? "" : m }, true)} />
            {addable && <Choice label={say("per")} value={span} options={spans.map((s) => [s, say(s)])} pick={(u) => go({ u: u === "month" ? "" : u }, true)} />}
            {ground.levels.length > 1 && (
              <Choice label={say("level")} list={ground.levels.length > 2 || window.innerWidth < 700} value={String(level)} options={ground.levels.map((l, i) => [String(l), levelName(ground, l, i, say)])} pick={(n) => go({ n: n === String(ground.levels.at(-1)) ? "" : n }, true)} />
            )}
          </div>
          <Legend title={title} limits={ranges.limits} theme={p.theme} only={only} circles={ground.points ? { radius, value: ranges.max } : null} say={say} pick={pickClass} />
        </Stage>
        <TimeBar {...time} byMonth={span === "month"} live={product === "present" && of(c, liveProduct).length ? () => go({ t: "live" }, true) : undefined} />
      </div>
      <aside class="panel">
        <div class="panel-tabs" role="group" aria-label={say("view")}>
          {(["chart", "table"] as const).map((t) => <button key={t} aria-pressed={(p.tab === "table") === (t === "table")} onClick={() => p.setTab(t)}>{say(t)}</button>)}
        </div>
        <Panel
          catalogue={c} ground={ground} day={day} table={measure.table} place={place} km2={km2} answer={sameDay} ahead={ahead.stale ? undefined : ahead.data} aheadError={ahead.error} stale={!fresh} error={answer.error}
          now={hours[hour] ?? ""} span={span} view={p.tab === "table" ? "table" : "chart"} say={say} hourTo={(t) => go({ t, ...(t.length === 10 ? { u: "day" } : {}) }, true)}
          zoneTo={(z) => go({ z, a: "" }, true)} circleTo={(x, y, r) => perimeter(circle(x, y, r), true)} clear={() => pick(null, false)} home={() => { pick(null, false); fitAgain(fitTurn + 1); }} retry={answer.retry}
          beside={place.kind === "whole" && <Cards {...p} brief />}
        />
        {p.tab === "table" && <ZoneTable lines={lines} selected={state.z} say={say} title={`${title} · ${spanName(span, day.day, hours[hour] ?? "", say)}`} release={day.release.id} pick={pick} />}
      </aside>
    </main>
  );
}

const none: never[] = [];

// circle is a ring of 48 points around a place, metres.
export const circle = (x: number, y: number, r: number): number[][] =>
  Array.from({ length: 49 }, (_, i) => [x + r * Math.cos((i % 48) * Math.PI / 24), y + r * Math.sin((i % 48) * Math.PI / 24)]);

export function Choice({ label, value, options, list = false, pick }: { label: string; value: string; options: [string, string][]; list?: boolean; pick(v: string): void }) {
  if (list) {
    return (
      <div class="choice"><span class="select">
        <select aria-label={label} value={value} onChange={(e) => pick(e.currentTarget.value)}>{options.map(([v, name]) => <option key={v} value={v}>{name}</option>)}</select>
      </span></div>
    );
  }
  return (
    <div class="choice" role="group" aria-label={label}>
      {options.map(([v, name]) => <button key={v} class="segment" aria-pressed={v === value} onClick={() => pick(v)}>{name}</button>)}
    </div>
  );
}

function productName(c: Catalogue, id: string, say: Say): string {
  return id === "present" ? say("people") : id === "vehicles" ? say("vehicles") : (c.products.find((x) => x.id === id)?.title ?? id);
}

export function levelName(g: Ground, level: number, i: number, say: Say): string {
  const given = g.levelNames[String(level)];
  if (given) return given;
  const n = g.zones.filter((z) => z.level === level).length;
  const key: Key = i === g.levels.length - 1 ? "fine" : i === 0 ? "coarse" : "middle";
  return say(key, { n });
}

export function tipOf(row: Row | undefined, m: Measure, say: Say): string {
  return m.perKm2 && kind(row) !== "missing" && kind(row) !== "suppressed" ? say("perKm2", { v: line(row, say) }) : line(row, say);
}

// A sketch that is not yet finished comes before the link, the link's perimeter before its zones.
export function usePlace(state: State, ground: Ground, sketch: number[][] | null): Place {
  return useMemo((): Place => {
    if (sketch) return { kind: "ring", ring: sketch };
    const ring = state.a ? unpackRing(state.a) : null;
    if (ring) return { kind: "ring", ring: ring.map(([lon, lat]) => toPlane(ground.plane, lon, lat)) };
    const ids = state.z.filter((id) => ground.index.has(id));
    return ids.length ? { kind: "zones", ids } : { kind: "whole" };
  }, [state.a, state.z.join("."), ground, sketch]);
}

export function useFrame(release: string, table: string, filter = "") {
  return useLoaded(`${release}/${table}${filter}`, async () => readFrame(await api.table(release, table, filter)));
}

function usePrefetch(list: ReturnType<typeof days>, day: string, table: string) {
  useEffect(() => {
    const i = list.findIndex((d) => d.day === day);
    const timer = setTimeout(() => {
      for (const near of [list[i + 1], list[i - 1]]) if (near) api.table(near.release.id, table).catch(() => undefined);
    }, 400);
    return () => clearTimeout(timer);
  }, [list, day, table]);
}

/** useKeys listens to the arrows, space and t. */
export function useKeys(keys: { move(way: number, e: KeyboardEvent): void; toggle(): void }, setTab: ScreenProps["setTab"]) {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const key = (e: KeyboardEvent) => {
      const el = e.target as HTMLElement;
      if (e.ctrlKey || e.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(el.tagName) || el.closest(".is-drawing")) return;
      const way = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
      if (way && !el.closest(".map")) {
        latest.current.move(way, e);
      } else if (e.key === " " && el.tagName !== "BUTTON" && el.tagName !== "SUMMARY") latest.current.toggle();
      else if (e.key === "t") setTab("table");
      else return;
      e.preventDefault();
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, []);
}

function nearest(hours: string[], wanted: string): number {
  const exact = hours.indexOf(wanted);
  if (exact >= 0) return exact;
  const later = hours.findIndex((h) => h >= wanted);
  return later >= 0 ? later : hours.length - 1;
}

// reach lists the slots of a table that a span around one of them holds.
function reach(frame: Frame, slot: number, span: Span): number[] {
  if (span === "hour") return [slot];
  const day = frame.hours[slot].slice(0, 10);
  return frame.hours.flatMap((h, i) => (span === "month" || h.startsWith(day) ? [i] : []));
}

// value is what the map shows of a zone: people, or people per square kilometre with the margin divided alike.
export function value(frame: Frame | undefined, slots: number[], z: Zone, m: Measure): Row | undefined {
  const i = frame?.zones.get(z.id);
  if (!frame || i === undefined || !slots.length) return undefined;
  const row = slots.length === 1 ? frame.at(i, slots[0]) : sum("", slots.map((s) => frame.at(i, s)));
  if (!m.perKm2 || row.estimate === null) return row;
  const k = 1 / Math.max(z.km2, 1e-6);
  return { ...cell(row.time, row.estimate * k, (row.noise_sd ?? 0) * k, row.status), reliable: row.reliable };
}

export function scale(frame: Frame | undefined, shown: Zone[], m: Measure, span: Span): { limits: number[]; max: number } {
  const all: number[] = [];
  const firsts = frame?.hours.flatMap((h, i) => (span === "hour" || i === 0 || (span === "day" && h.slice(0, 10) !== frame.hours[i - 1].slice(0, 10)) ? [i] : [])) ?? [];
  if (frame) for (const first of firsts) {
    const slots = reach(frame, first, span);
    for (const z of shown) {
      const r = value(frame, slots, z, m);
      if (r && kind(r) !== "suppressed" && kind(r) !== "missing") all.push(r.estimate ?? 0);
    }
  }
  return { limits: limits(all, m.perKm2), max: Math.max(1, ...all) };
}

export function look(frame: Frame | undefined, slots: number[], shown: Zone[], m: Measure, r: { limits: number[]; max: number }): Map<number, Look> {
  const out = new Map<number, Look>();
  if (!frame) return out;
  for (const z of shown) {
    const row = value(frame, slots, z, m);
    const k = kind(row);
    const v = row?.estimate ?? 0;
    const loose = row ? margin(row) > 0.3 * Math.max(v, 1e-9) : false;
    out.set(z.index, {
      class: k === "missing" ? missing : k === "suppressed" ? suppressed : classOf(Math.max(0, v), r.limits),
      faded: loose, dots: k === "modelled", share: Math.min(1.2, Math.max(0, v) / r.max),
    });
  }
  return out;
}

export function areaOf(g: Ground, place: Place): number {
  if (place.kind !== "zones") return g.zones.reduce((s, z) => s + (z.children.length ? 0 : z.km2), 0);
  return place.ids.reduce((s, id) => s + (g.zones[g.index.get(id) ?? -1]?.km2 ?? 0), 0);
}

// outline is the shape of the day behind the slider: sums of estimates, drawn without figures.
function outline(frame: Frame | undefined, g: Ground, hours: string[]): number[] {
  if (!frame) return [];
  const finest = g.zones.filter((z) => !z.children.length && frame.zones.has(z.id));
  return hours.map((h) => {
    const i = frame.hours.indexOf(h);
    return finest.reduce((s, z) => s + (frame.at(frame.zones.get(z.id) as number, i).estimate ?? 0), 0);
  });
}
