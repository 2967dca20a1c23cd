// "Flows": sums between zones, out of one zone and into it. A line is never one person's way.

import { useMemo, useState } from "preact/hooks";
import { days, flowsBy, of, type Catalogue, type Day } from "../catalogue.ts";
import { Bar } from "../chart/bars.tsx";
import { Big, Small, line } from "../chart/number.tsx";
import { dayName, hourName, monthName } from "../clock.ts";
import { cell, kind, sum } from "../figure.ts";
import type { Frame } from "../frame.ts";
import type { Ground, Zone } from "../ground.ts";
import type { Line, Look } from "../map/painter.ts";
import { Stage } from "../map/stage.tsx";
import { Sources } from "../sources.tsx";
import { TimeBar } from "../timebar.tsx";
import { Trouble } from "../trouble.tsx";
import type { Release, Row } from "../wire.ts";
import type { Say } from "../words.ts";
import { quote, save } from "../download.ts";
import { Choice, Nothing, useFrame, useGround, viewOf, type ScreenProps } from "./now.tsx";

const most = 50;

interface Flow {
  from: Zone;
  to: Zone;
  row: Row;
}

export function FlowsScreen(p: ScreenProps) {
  const { catalogue: c, state, say } = p;
  const offered = flowsBy.filter((f) => of(c, `flows-${f}`).length);
  const by = offered.find((f) => f === state.f) ?? (offered.includes("day") ? "day" : offered[0]);
  const product = `flows-${by}`;
  const list = useMemo(() => days(c, product), [c, product]);
  const day = list.find((d) => d.day === state.t.slice(0, 10)) ?? list.at(-1);
  const ground = useGround(day?.release.geo);
  if (!day || !by) return <Nothing catalogue={c} say={say} />;
  if (!ground.data) return ground.error ? <Trouble error={ground.error} say={say} retry={ground.retry} /> : <main class="loading" aria-busy="true" />;
  return <Flows {...p} by={by} offered={offered} list={list} day={day} ground={ground.data} />;
}

type Inner = ScreenProps & { by: string; offered: string[]; list: Day[]; day: Day; ground: Ground };

function Flows(p: Inner) {
  const { catalogue: c, state, say, go, ground, day, by } = p;
  const loaded = useFrame(day.release.id, "total");
  const frame = loaded.data;
  const hours = useMemo(() => (frame && by === "hour" ? frame.hours.filter((h) => h.startsWith(day.day)) : []), [frame, by, day.day]);
  const hour = Math.max(0, hours.indexOf(state.t));
  const slot = by === "hour" && frame ? Math.max(0, frame.hours.indexOf(hours[hour])) : 0;
  const [playing, play] = useState(false);
  const [speed, pace] = useState(2);
  const flows = useMemo(() => read(frame, ground, slot), [frame, ground, slot]);
  const centre = ground.index.get(state.z[0] ?? "") ?? -1;
  const inside = useMemo(() => members(ground, centre), [ground, centre]);
  const out = flows.filter((f) => inside.has(f.from.index) && !inside.has(f.to.index));
  const into = flows.filter((f) => inside.has(f.to.index) && !inside.has(f.from.index));
  const chosen = centre >= 0;
  const drawn = chosen ? [...top(out, 25), ...top(into, 25)] : top(flows, most);
  const largest = Math.max(1, ...drawn.map((f) => f.row.value ?? 0));
  const lines = drawn.map((f): Line => ({
    from: f.from.index, to: f.to.index, dashed: !f.row.reliable,
    width: 1 + (ground.points ? 4 : 7) * ((f.row.value ?? 0) / largest),
    way: !chosen ? "mark" : inside.has(f.from.index) ? "out" : "into",
  }));
  const shown = ground.zones.filter((z) => !z.children.length);
  const when = by === "month" ? monthName(day.release.period.name.slice(0, 7), say.lang) : dayName(day.day, say.lang) + (hours[hour] ? ", " + hourName(hours[hour]) : "");
  const name = chosen ? ground.zones[centre].name : say("whole");
  const total = (of: Flow[]) => sum("", of.map((f) => f.row));
  const obs = `${day.release.id}#`;
  return (
    <main class={`screen tab-${p.tab}`}>
      <h1 class="hidden">{say("flows")}</h1>
      <div class="map-side">
        <Stage
          ground={ground} shown={shown} looks={noLooks} only={-1} selected={chosen ? [centre] : []} lines={lines} plain theme={p.theme}
          view={viewOf(state.v)} ring={null} drawing={false} say={say} fitTurn={0} summary={say("flowsSummary", { n: lines.length, place: name, when })}
          tip={(z) => tip(flows, z, say)} pick={(z) => go({ z: z && z.index !== centre ? [z.id] : [] }, true)} moved={(v) => go({ v })}
        >
          <div class="map-choices">
            {p.offered.length > 1 && <Choice label={say("per")} value={by} options={p.offered.map((f) => [f, say(f as "hour")])} pick={(f) => go({ f: f === "day" ? "" : f }, true)} />}
          </div>
          <figure class="legend">
            <figcaption>{say("flowsLegend")}</figcaption>
            <ul class="signs">
              <li><svg viewBox="0 0 18 12"><path class={chosen ? "sign-out" : "sign-mark"} d="M1 6h16" /></svg>{chosen ? say("out") : say("largest", { n: lines.length })}</li>
              {chosen && <li><svg viewBox="0 0 18 12"><path class="sign-mark" d="M1 6h16" /></svg>{say("in")}</li>}
              <li><svg viewBox="0 0 18 12"><path class="sign-mark dashed" d="M1 6h16" /></svg>{say("uncertain")}</li>
            </ul>
          </figure>
        </Stage>
        <TimeBar
          days={by === "month" ? p.list.filter((d) => d.day.endsWith("-01")).map((d) => d.day) : p.list.map((d) => d.day)} day={by === "month" ? day.release.period.name.slice(0, 7) + "-01" : day.day}
          byMonth={by === "month"} hours={hours} hour={hour} shape={[]} playing={playing} speed={speed} say={say} play={play} pace={pace}
          go={(d, h, dragging) => go({ t: by === "hour" ? (d === day.day ? (hours[h] ?? d) : `${d}T${String(h).padStart(2, "0")}`) : d }, !dragging)}
        />
      </div>
      <aside class="panel">
        <div class="panel-tabs" role="group" aria-label={say("view")}>
          {(["chart", "table"] as const).map((t) => <button key={t} aria-pressed={(p.tab === "table") === (t === "table")} onClick={() => p.setTab(t)}>{say(t)}</button>)}
        </div>
        <section class="panel-body" aria-busy={loaded.stale && !loaded.error}>
          <h2>{name}</h2>
          <p class="panel-time">{when}</p>
          {loaded.error ? <Trouble error={loaded.error} say={say} retry={loaded.retry} /> : chosen ? (
            <div class={loaded.stale ? "answer faded" : "answer"}>
              <div class="pair">
                <div class="out"><h3>{say("out")}</h3><Big row={total(out)} say={say} unit={say("trips")} obs={obs + "out"} /></div>
                <div class="into"><h3>{say("in")}</h3><Big row={total(into)} say={say} unit={say("trips")} obs={obs + "in"} /></div>
              </div>
              <p class="note">{net(total(out), total(into), say)}</p>
              <Ranked title={say("outTo")} flows={out} other="to" max={limit(out, into)} tone="out" say={say} obs={obs} table={p.tab === "table"} />
              <Ranked title={say("inFrom")} flows={into} other="from" max={limit(out, into)} tone="into" say={say} obs={obs} table={p.tab === "table"} />
            </div>
          ) : (
            <div class={loaded.stale ? "answer faded" : "answer"}>
              <Big row={total(flows)} say={say} unit={say("trips")} obs={obs + "all"} />
              <p class="note">{say("chooseZone")}</p>
              <Ranked title={say("largestFlows")} flows={flows} other="both" max={limit(flows, [])} tone="" say={say} obs={obs} table={p.tab === "table"} />
            </div>
          )}
          <p class="save"><button class="button" onClick={() => download(c, day.release, chosen ? [...out, ...into] : flows)}>{say("csv")}</button></p>
          <Sources catalogue={c} day={day} sources={{}} say={say} />
        </section>
      </aside>
    </main>
  );
}

const noLooks = new Map<number, Look>();

function read(frame: Frame | undefined, g: Ground, slot: number): Flow[] {
  if (!frame) return [];
  const codes = frame.table.dims.map((d) => d.codes.map((c) => g.zones[g.index.get(c) ?? -1]));
  const out: Flow[] = [];
  const timed = frame.table.dims.length > 2;
  codes[0].forEach((from, i) => codes[1].forEach((to, j) => {
    if (from && to && from !== to) out.push({ from, to, row: timed ? frame.at(i, j, slot) : frame.at(i, j) });
  }));
  return out.sort((a, b) => (b.row.estimate ?? 0) - (a.row.estimate ?? 0));
}

function members(g: Ground, top: number): Set<number> {
  const set = new Set<number>();
  const add = (i: number) => { set.add(i); g.zones[i].children.forEach(add); };
  if (top >= 0) add(top);
  return set;
}

// top keeps the flows whose interval does not reach zero: what is drawn is there.
const top = (flows: Flow[], n = most) => flows.filter((f) => f.row.lo > 0).slice(0, n);
const limit = (a: Flow[], b: Flow[]) => Math.max(1, a[0]?.row.hi ?? 0, b[0]?.row.hi ?? 0);

function tip(flows: Flow[], z: Zone, say: Say): string {
  const of = (pick: (f: Flow) => boolean) => line(sum("", flows.filter(pick).map((f) => f.row)), say);
  return say("outIn", { out: of((f) => f.from === z), in: of((f) => f.to === z) });
}

// net says the difference with its own margin; a difference smaller than that is no clear change.
function net(out: Row, into: Row, say: Say): string {
  if (out.estimate === null || into.estimate === null) return "";
  const d = into.estimate - out.estimate;
  const sd = Math.hypot(out.noise_sd ?? 0, into.noise_sd ?? 0);
  if (Math.abs(d) <= 1.96 * sd) return say("noNet");
  const about = line({ ...cell("", Math.abs(d), sd), reliable: true }, say);
  return say(d > 0 ? "netIn" : "netOut", { about });
}

function Ranked({ title, flows, other, max, tone, say, obs, table }: {
  title: string; flows: Flow[]; other: "from" | "to" | "both"; max: number; tone: string; say: Say; obs: string; table: boolean;
}) {
  const list = table ? flows.slice(0, 200) : top(flows, 10);
  const rest = flows.slice(list.length);
  const name = (f: Flow) => (other === "both" ? `${f.from.name} → ${f.to.name}` : f[other].name);
  return (
    <section class={other === "both" || flows.some((f) => f[other].name.length > 14) ? "bars wide-names" : "bars"}>
      <h3>{title}</h3>
      {!list.length && <p class="note">{say("tooFew")}</p>}
      <ul>
        {list.map((f) => (
          <li key={f.from.id + " " + f.to.id}>
            <span class="bar-name" title={name(f)}>{name(f)}</span>
            <Bar row={{ ...f.row, reliable: f.row.lo > 0 }} max={max} tone={tone} />
            <Small row={{ ...f.row, reliable: f.row.lo > 0 }} say={say} obs={`${obs}${f.from.id}/${f.to.id}`} />
          </li>
        ))}
      </ul>
      {rest.length > 0 && <p class="note">{say("smaller-flows", { n: rest.length, about: restLine(rest, say) })}</p>}
    </section>
  );
}

function restLine(rest: Flow[], say: Say): string {
  const r = sum("", rest.map((f) => f.row));
  return kind(r) === "suppressed" ? say("suppressed") : line(r, say);
}

function download(c: Catalogue, r: Release, flows: Flow[]) {
  const head = "zone,zone2,time,value,estimate,lo,hi,noise_sd,reliable,status,release,revision,data";
  const n = (v: number | null) => (v === null ? "" : Math.round(v * 10) / 10);
  const lines = flows.map(({ from, to, row }) =>
    [from.id, to.id, row.time || r.period.name, row.value ?? "", n(row.estimate), n(row.lo), n(row.hi), n(row.noise_sd), row.reliable, row.status ?? "", r.id, r.revision, c.root.data].map(quote).join(","));
  save(`throng_${r.product}_${r.period.name}_r${r.revision}.csv`, [head, ...lines, ""].join("\r\n"), "text/csv;charset=utf-8");
}
