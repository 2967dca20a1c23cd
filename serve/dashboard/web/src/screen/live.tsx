// The crowd of now: the newest bin as it is published, and those of the last hours.

import { useCallback, useMemo, useState } from "preact/hooks";
import * as api from "../api.ts";
import { degrees } from "../answer.ts";
import { days, live as product, of, tablesOf } from "../catalogue.ts";
import { ageName, binEnd, dayName, hourName } from "../clock.ts";
import { area } from "../ground.ts";
import { show, type Ground, type Zone } from "../ground.ts";
import { frame as readFrame } from "../frame.ts";
import { packRing } from "../link.ts";
import { ageOf, askLive, keyOfLive, slotsOf, widthOf, type Slot, type Wire } from "../live.ts";
import { LiveBar } from "../livebar.tsx";
import { Legend } from "../legend.tsx";
import { useLoaded } from "../load.ts";
import { Stage } from "../map/stage.tsx";
import { Cards } from "../cards.tsx";
import { Panel, spanName } from "../panel.tsx";
import { ZoneTable } from "../table.tsx";
import { Trouble } from "../trouble.tsx";
import type { Release, Row } from "../wire.ts";
import type { Say } from "../words.ts";
import { areaOf, Choice, circle, levelName, look, measuresOf, scale, tipOf, useFrame, useGround, useKeys, usePlace, value, viewOf, type ScreenProps } from "./now.tsx";

type Props = ScreenProps & { wire: Wire };

export function LiveScreen(p: Props) {
  const { catalogue: c, state, say } = p;
  const bins = useMemo(() => of(c, product), [c]);
  const ground = useGround(bins[0].geo);
  if (!ground.data) return ground.error ? <Trouble error={ground.error} say={say} retry={ground.retry} /> : <main class="loading" aria-busy="true" />;
  const wanted = state.t.length > 10 ? state.t : "";
  return <Live {...p} bins={bins} wanted={wanted} ground={ground.data} />;
}

// splitsOf are the breakdowns that the usual day has, from which the live total is split.
const splitsOf = (tables: string[]) => ["gender", "age", "origin"].filter((b) => tables.includes(b));

function Live(p: Props & { bins: Release[]; wanted: string; ground: Ground }) {
  const { catalogue: c, state, say, go, ground, bins, wanted } = p;
  const slots = useMemo(() => slotsOf(bins, wanted), [bins, wanted]);
  const last = slots.length - 1;
  const found = slots.findIndex((s) => s.code === wanted);
  const at = found >= 0 ? found : last;
  const following = found < 0;
  const slot = slots[at];
  const shownBin = slot.release;
  const day = { day: slot.name.slice(0, 10), release: shownBin ?? bins[0] };
  const hoursDay = of(c, "present")[0];

  const measures = measuresOf.present.filter((m) => !m.perKm2 || !ground.points);
  const measure = measures.find((m) => m.key === state.m) ?? measures[0];
  const level = ground.levels.find((l) => String(l) === state.n) ?? ground.levels.at(-1) ?? 0;
  const shown = useMemo(() => show(ground.zones, level), [ground, level]);
  const loaded = useLoaded(shownBin ? `${shownBin.id}/total` : "", async () => ({ id: shownBin!.id, frame: readFrame(await api.table(shownBin!.id, "total")) }));
  const frame = loaded.data?.id === shownBin?.id || loaded.stale ? loaded.data?.frame : undefined; // a missing bin is no repeat of the last
  const [scaleBy] = useState(hoursDay?.id ?? bins[0].id); // for as long as this screen is open, so that colours keep their meaning
  const scaleOf = useFrame(scaleBy, "total");
  const ranges = useMemo(() => scale(scaleOf.data ?? frame, shown, measure, "hour"), [scaleOf.data ?? frame, shown, measure]);
  const here = useMemo(() => (frame ? [0] : []), [frame]);
  const looks = useMemo(() => look(frame, here, shown, measure, ranges), [frame, here, shown, measure, ranges]);
  const rowOf = (z: Zone): Row | undefined => value(frame, here, z, measure);

  const [playing, play] = useState(false);
  const [only, pickClass] = useState(-1);
  const [fitTurn, fitAgain] = useState(0);
  const [radius, setRadius] = useState(26);
  const [sketch, setSketch] = useState<number[][] | null>(null);
  const place = usePlace(state, ground, sketch);
  const by = useMemo(() => ["time", ...(hoursDay ? splitsOf(tablesOf(c, hoursDay)) : [])], [c, hoursDay]);
  const question = { ground, place, slots, by };
  const key = keyOfLive(question);
  const answer = useLoaded(key, (signal) => askLive(question, signal), place.kind === "ring" ? 150 : 0);
  const fresh = answer.data?.key === key;
  const km2 = place.kind === "ring" ? Math.abs(area(place.ring.flat())) / 1e6 : areaOf(ground, place);
  const whole = useLoaded(key && JSON.stringify(slots.map((s) => s.release?.id ?? "")), (signal) => askLive({ ground, place: { kind: "whole" }, slots, by }, signal));
  const shape = useMemo(() => slots.map((s) => whole.data?.rows[whole.data.hours.indexOf(s.name)]?.estimate ?? null), [slots, whole.data]);
  const selected = place.kind === "zones" ? place.ids.flatMap((id) => ground.index.get(id) ?? []) : [];

  const pick = (id: string | null, add: boolean) => {
    setSketch(null);
    if (!id) return go({ z: [], a: "" }, true);
    return go({ z: add ? (state.z.includes(id) ? state.z.filter((x) => x !== id) : [...state.z, id]) : [id], a: "" }, true);
  };
  const perimeter = useCallback((ring: number[][] | null, done: boolean) => {
    setSketch(done ? null : ring);
    if (done && ring) go({ a: packRing(degrees(ground, ring)), z: [] }, true);
    if (!ring) go({ a: "", z: [] });
  }, [ground, go]);
  const to = (i: number) => i >= 0 && i <= last && go({ t: i === last ? "live" : slots[i].code });
  useKeys({ move: (way) => to(at + way), toggle: () => play(!playing) }, p.setTab);
  const title = say(measure.name);
  const when = spanName("hour", day.day, slot.name, say);
  const lines = shown.map((z) => ({ id: z.id, name: z.name, row: rowOf(z) }));

  return (
    <main class={`screen tab-${p.tab}`}>
      <h1 class="hidden">{say("now")}</h1>
      <div class="map-side">
        <Stage
          ground={ground} shown={shown} looks={looks} only={only} selected={selected} lines={none} plain={false} theme={p.theme}
          view={viewOf(state.v)} ring={place.kind === "ring" ? place.ring : null} drawing say={say} fitTurn={fitTurn} radius={setRadius}
          summary={say("mapSummary", { what: title, n: shown.length, day: dayName(day.day, say.lang), hour: hourName(slot.name) })}
          tip={(z) => tipOf(rowOf(z), measure, say)} pick={(z, add) => pick(z?.id ?? null, add)} perimeter={perimeter} moved={(v) => go({ v })}
        >
          <div class="map-choices">
            <Choice label={say("measure")} value={measure.key} options={measures.map((m) => [m.key, say(m.name)])} pick={(m) => go({ m: m === measures[0].key ? "" : m }, true)} />
            {ground.levels.length > 1 && (
              <Choice label={say("level")} list={ground.levels.length > 2 || window.innerWidth < 700} value={String(level)} options={ground.levels.map((l, i) => [String(l), levelName(ground, l, i, say)])} pick={(n) => go({ n: n === String(ground.levels.at(-1)) ? "" : n }, true)} />
            )}
          </div>
          <Legend title={title} limits={ranges.limits} theme={p.theme} only={only} circles={ground.points ? { radius, value: ranges.max } : null} say={say} pick={pickClass} />
        </Stage>
        <LiveBar
          slots={slots} at={at} following={following} shape={shape} days={days(c, "present").map((d) => d.day)} playing={playing} say={say}
          go={to} day={(d) => go({ t: `${d}T12` }, true)} live={() => go({ t: "live" }, true)} play={play}
        />
      </div>
      <aside class="panel">
        <div class="panel-tabs" role="group" aria-label={say("view")}>
          {(["chart", "table"] as const).map((t) => <button key={t} aria-pressed={(p.tab === "table") === (t === "table")} onClick={() => p.setTab(t)}>{say(t)}</button>)}
        </div>
        <Panel
          catalogue={c} ground={ground} day={day} table="total" place={place} km2={km2} answer={answer.data} ahead={undefined} aheadError={undefined} stale={!fresh} error={answer.error}
          now={slot.name} span="hour" view={p.tab === "table" ? "table" : "chart"} say={say} hourTo={(name) => to(slots.findIndex((s) => s.name === name))}
          zoneTo={(z) => go({ z, a: "" }, true)} circleTo={(x, y, r) => perimeter(circle(x, y, r), true)} clear={() => pick(null, false)} home={() => { pick(null, false); fitAgain(fitTurn + 1); }} retry={answer.retry}
          beside={place.kind === "whole" && <Cards {...p} brief />}
          above={<Clock bin={bins[0]} slot={slot} following={following} wire={p.wire} say={say} live={() => go({ t: "live" }, true)} />}
          split={answer.data?.modelledOf.length ? say("liveSplit", { n: answer.data.modelledOf.length }) : say("liveNoSplit")}
        />
        {p.tab === "table" && <ZoneTable lines={lines} selected={state.z} say={say} title={`${title} · ${when}`} release={day.release.id} pick={pick} />}
      </aside>
    </main>
  );
}

const none: never[] = [];

/** Clock says how old the newest bin is; of a bin before it, how to go back to it; of one that is missing, why. */
function Clock({ bin, slot, following, wire, say, live }: { bin: Release; slot: Slot; following: boolean; wire: Wire; say: Say; live(): void }) {
  const age = ageOf(bin, wire.now);
  const newest = slotsOf([bin])[0].name;
  const values = { time: binEnd(newest), age: ageName(age.minutes, say.lang) };
  const gap = wire.withdrawn.some((w) => Date.parse(w) === Date.parse(slot.start)) ? "liveWithdrawn" : "liveGap";
  return (
    <>
      {!slot.release && <p class="live-gap">{say(gap, { time: hourName(slot.name) })}</p>}
      <p class={`live-age ${age.state}`} role="status" data-live={age.state}>
        {say(age.state === "stopped" ? "liveStopped" : age.state === "late" ? "liveLate" : "liveAsOf", values)}
        {!following && <> <button class="link" onClick={live}>{say("backToLive")}</button></>}
      </p>
      <p class="note">{say("liveMeans", { n: widthOf(bin) })}</p>
    </>
  );
}
