// The newest day and the week after it: what was released as a line, what is forecast dashed, with the interval in which the
// released value will lie in 95 of 100 weeks.

import { useState } from "preact/hooks";
import type { Ahead } from "../answer.ts";
import { dayName, hourName, weekdayName } from "../clock.ts";
import { kind, round, unit, whole } from "../figure.ts";
import type { Row } from "../wire.ts";
import type { Say } from "../words.ts";
import { band, stretches, ticks } from "./day.tsx";
import { line } from "./number.tsx";
import { useWidth } from "./width.ts";

const [top, bottom, right, height] = [10, 22, 8, 160];

/** between says a forecast with its interval. */
export function between(r: Row, say: Say): string {
  const u = unit((r.hi - r.lo) / 2);
  const of = (v: number) => whole(Math.max(0, round(v, u)), say.lang);
  return say("forecastIs", { value: of(r.estimate ?? 0), from: of(r.lo), to: of(r.hi) });
}

export function WeekAhead({ ahead, say }: { ahead: Ahead; say: Say }) {
  const { rows, hours, from } = ahead;
  const [box, width] = useWidth();
  const [over, point] = useState(-1);
  const there = rows.map((r, i) => (i < from ? kind(r) !== "missing" && kind(r) !== "suppressed" : r.estimate !== null));
  const max = Math.max(1, ...rows.map((r, i) => (there[i] ? r.hi : 0))) * 1.04;
  const marks = ticks(max);
  const left = 14 + 7 * whole(marks.at(-1) ?? 0, say.lang).length;
  const x = (i: number) => left + ((i + 0.5) / rows.length) * (width - left - right);
  const y = (v: number) => top + (1 - Math.max(0, v) / max) * (height - top - bottom);
  const path = (a: number, b: number) => rows.slice(a, b).map((r, k) => `${k ? "L" : "M"}${x(a + k)},${y(r.value ?? 0)}`).join("");
  const first = there.indexOf(true, from);
  const at = over >= 0 ? over : first;
  const peak = rows.reduce((best, r, i) => (i >= from && there[i] && (best < 0 || (r.estimate ?? 0) > (rows[best].estimate ?? 0)) ? i : best), -1);
  const name = (i: number) => `${dayName(hours[i].slice(0, 10), say.lang, false)}, ${hourName(hours[i])}`;
  const summary = peak < 0 ? "" : say("forecastPeak", { when: name(peak), about: between(rows[peak], say) });
  const near = (e: PointerEvent) => {
    const b = (e.currentTarget as Element).getBoundingClientRect();
    point(Math.max(0, Math.min(rows.length - 1, Math.floor(((e.clientX - b.left - left) / (b.width - left - right)) * rows.length))));
  };
  return (
    <section class="bars ahead">
      <h3>{say("forecast")}</h3>
      <p class="note">{summary}</p>
      <div class="chart" ref={box}>
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={summary} onPointerMove={near} onPointerLeave={() => point(-1)}>
          {marks.map((v) => (
            <g key={v}>
              <line class="grid" x1={left} x2={width - right} y1={y(v)} y2={y(v)} />
              <text class="tick" x={left - 8} y={y(v)} text-anchor="end" dominant-baseline="middle">{whole(v, say.lang)}</text>
            </g>
          ))}
          {hours.map((h, i) => h.slice(11) === "00" && <line key={`l${h}`} class="grid" x1={x(i - 0.5)} x2={x(i - 0.5)} y1={top} y2={height - bottom} />)}
          {hours.map((h, i) => h.slice(11) === "12" && <text key={h} class="tick" x={x(i)} y={height - 5} text-anchor="middle">{weekdayName(h.slice(0, 10), say.lang, false)}</text>)}
          {stretches(there.map((t, i) => t && i < from)).map(([a, b]) => <g key={a}><path class="band" d={band(rows, a, b, x, y)} /><path class="curve" d={path(a, b)} /></g>)}
          {stretches(there.map((t, i) => t && i >= from)).map(([a, b]) => <g key={a}><path class="forecast-band" d={band(rows, a, b, x, y)} /><path class="curve forecast-curve" d={path(a, b)} /></g>)}
          {over >= 0 && <line class="cursor" x1={x(at)} x2={x(at)} y1={top} y2={height - bottom} />}
          {at >= 0 && there[at] && over >= 0 && <circle class="dot" cx={x(at)} cy={y(rows[at].value ?? 0)} r="4.5" />}
        </svg>
        <p class="chart-note" aria-hidden="true">{at >= 0 && at < rows.length ? `${name(at)}  ·  ${at < from || !there[at] ? line(rows[at], say) : between(rows[at], say)}` : " "}</p>
        <p class="chart-key" aria-hidden="true">
          <span><svg viewBox="0 0 18 12"><path class="curve" d="M1 6h16" /></svg>{say("released")}</span>
          <span><svg viewBox="0 0 18 12"><rect class="forecast-band" width="18" height="12" /><path class="curve forecast-curve" d="M1 6h16" /></svg>{say("forecastKey")}</span>
        </p>
      </div>
      <p class="note">{say("forecastMeans", { n: rows[first] ? ((rows[first] as Row & { weeks?: number }).weeks ?? 0) : 0 })}</p>
    </section>
  );
}
