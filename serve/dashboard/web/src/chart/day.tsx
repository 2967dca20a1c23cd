// The curve of a day: line, 95 % band, the hour in view. Hours that are not there are gaps; nothing is joined over them.

import { useState } from "preact/hooks";
import { hourStart, slotName } from "../clock.ts";
import { kind, whole } from "../figure.ts";
import type { Row, UsualRow } from "../wire.ts";
import type { Say } from "../words.ts";
import { line } from "./number.tsx";
import { useWidth } from "./width.ts";

const top = 10;
const bottom = 22;
const right = 8;

/** ticks gives two to five round values from 0 to at least most of max. */
export function ticks(max: number): number[] {
  if (!(max > 0)) return [0, 1];
  const raw = max / 3;
  const p = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((k) => k * p).find((s) => s >= raw) ?? 10 * p;
  return Array.from({ length: Math.floor(max / step) + 1 }, (_, i) => i * step);
}

// marked says which hours, days or bins stand below the axis.
const marked = (h: string, i: number) =>
  h.length === 10 ? i % 7 === 0 : !h.includes("b") && (h.length > 14 ? h.slice(14, 16) === "00" && Number(h.slice(11, 13)) % 3 === 0 : Number(h.slice(11, 13)) % 6 === 0);

interface Props {
  rows: Row[];
  hours: string[];
  now: number;
  say: Say;
  faded: boolean;
  summary: string;
  usual: (UsualRow | undefined)[]; // of each row; empty: none
  pick(i: number): void;
}

export function DayCurve({ rows, hours, now, say, faded, summary, usual, pick }: Props) {
  const [box, width] = useWidth();
  const [over, point] = useState(-1);
  const height = 176;
  const shown = rows.map((r) => kind(r) !== "missing" && kind(r) !== "suppressed");
  const grey = rows.map((_, i) => usual[i] !== undefined);
  const past = rows.map((r, i): Row => ({ ...r, ...(usual[i]?.usual ?? { lo: 0, hi: 0, value: null }) }));
  const max = Math.max(1, ...rows.map((r, i) => (shown[i] ? r.hi : 0)), ...past.map((r) => r.hi)) * 1.04;
  const marks = shown.includes(true) ? ticks(max) : [0];
  const left = 14 + 7 * whole(marks.at(-1) ?? 0, say.lang).length;
  const x = (i: number) => left + ((i + 0.5) / Math.max(1, rows.length)) * (width - left - right);
  const y = (v: number) => top + (1 - Math.max(0, v) / max) * (height - top - bottom);
  const runs = stretches(shown);
  const near = (e: PointerEvent) => {
    const b = (e.currentTarget as Element).getBoundingClientRect();
    const i = Math.floor(((e.clientX - b.left - left) / (b.width - left - right)) * rows.length);
    return Math.max(0, Math.min(rows.length - 1, i));
  };
  const at = over >= 0 && over < rows.length ? over : now;
  return (
    <div class={faded ? "chart faded" : "chart"} ref={box}>
      <svg
        width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={summary}
        onPointerMove={(e) => point(near(e))} onPointerLeave={() => point(-1)} onClick={(e) => pick(near(e as unknown as PointerEvent))}
      >
        {marks.map((v) => (
          <g key={v}>
            <line class="grid" x1={left} x2={width - right} y1={y(v)} y2={y(v)} />
            <text class="tick" x={left - 8} y={y(v)} text-anchor="end" dominant-baseline="middle">{whole(v, say.lang)}</text>
          </g>
        ))}
        {hours.map((h, i) => marked(h, i) && (
          <text key={h} class="tick" x={x(i)} y={height - 5} text-anchor="middle">{h.length === 10 ? Number(h.slice(8)) : hourStart(h)}</text>
        ))}
        {stretches(grey).map(([a, b]) => (
          <g key={`u${a}`}>
            <path class="usual-band" d={band(past, a, b, x, y)} />
            <path class="usual-curve" d={past.slice(a, b).map((r, k) => `${k ? "L" : "M"}${x(a + k)},${y(r.value ?? 0)}`).join("")} />
          </g>
        ))}
        {runs.map(([a, b]) => (
          <g key={a}>
            <path class="band" d={band(rows, a, b, x, y)} />
            <path class="curve" d={rows.slice(a, b).map((r, k) => `${k ? "L" : "M"}${x(a + k)},${y(r.value ?? 0)}`).join("")} />
          </g>
        ))}
        {rows.map((r, i) => kind(r) === "suppressed" && <circle key={i} class="open" cx={x(i)} cy={y(0)} r="3.2" />)}
        {at >= 0 && at < rows.length && (
          <g>
            <line class={over >= 0 ? "cursor" : "now"} x1={x(at)} x2={x(at)} y1={top} y2={height - bottom} />
            {shown[at] && <circle class="dot" cx={x(at)} cy={y(rows[at].value ?? 0)} r="4.5" />}
          </g>
        )}
      </svg>
      <p class="chart-note" aria-hidden="true">{at >= 0 && at < rows.length ? `${slotName(hours[at], say.lang)}  ·  ${line(rows[at], say)}` : " "}</p>
      {usual.length > 0 && (
        <p class="chart-key" aria-hidden="true">
          <span><svg viewBox="0 0 18 12"><path class="curve" d="M1 6h16" /></svg>{say("thisDay")}</span>
          <span><svg viewBox="0 0 18 12"><path class="usual-curve" d="M1 6h16" /></svg>{say("usualDay")}</span>
        </p>
      )}
    </div>
  );
}

/** band is the outline from lo to hi of a run of rows. */
export function band(rows: Row[], a: number, b: number, x: (i: number) => number, y: (v: number) => number): string {
  const up = rows.slice(a, b).map((r, k) => `${k ? "L" : "M"}${x(a + k)},${y(r.hi)}`);
  const down = rows.slice(a, b).map((r, k) => `L${x(a + k)},${y(r.lo)}`).reverse();
  return up.join("") + down.join("") + "Z";
}

/** stretches lists the half-open runs of hours that have a number. */
export function stretches(shown: boolean[]): [number, number][] {
  const out: [number, number][] = [];
  let from = -1;
  for (let i = 0; i <= shown.length; i++) {
    if (shown[i] && from < 0) from = i;
    if (!shown[i] && from >= 0) {
      out.push([from, i]);
      from = -1;
    }
  }
  return out;
}
