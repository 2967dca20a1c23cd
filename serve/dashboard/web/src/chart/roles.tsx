// Roles stacked by hour, and below them the hour in view with margins, which a stack cannot show.

import { hourStart } from "../clock.ts";
import { kind, whole } from "../figure.ts";
import type { Row } from "../wire.ts";
import { codeName, type Say } from "../words.ts";
import { ticks } from "./day.tsx";
import { Small } from "./number.tsx";
import { useWidth } from "./width.ts";

interface Props {
  codes: string[];
  rows: Row[][]; // [code][hour]
  hours: string[];
  hour: number;
  say: Say;
  obs: string;
  pick(i: number): void;
}

const [top, bottom, right, height] = [8, 22, 8, 150];

const shown = (r: Row | undefined) => (kind(r) === "suppressed" || kind(r) === "missing" ? 0 : Math.max(0, r?.value ?? 0));

export function Roles({ codes, rows, hours, hour, say, obs, pick }: Props) {
  const [box, width] = useWidth();
  const sums = hours.map((_, i) => rows.reduce((s, of) => s + shown(of[i]), 0));
  const max = Math.max(1, ...sums) * 1.04;
  const marks = ticks(max);
  const left = 14 + 7 * whole(marks.at(-1) ?? 0, say.lang).length;
  const step = (width - left - right) / Math.max(1, hours.length);
  const y = (v: number) => top + (1 - v / max) * (height - top - bottom);
  const names = codes.map((c) => codeName("role", c, say));
  return (
    <section class="bars roles">
      <h3>{say("role")}</h3>
      <div class="chart" ref={box}>
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={say("rolesSummary", { names: names.join(", ") })}
          onClick={(e) => { const b = e.currentTarget.getBoundingClientRect(); const i = Math.floor((e.clientX - b.left - left) / step); if (i >= 0 && i < hours.length) pick(i); }}>
          {marks.map((v) => (
            <g key={v}>
              <line class="grid" x1={left} x2={width - right} y1={y(v)} y2={y(v)} />
              <text class="tick" x={left - 8} y={y(v)} text-anchor="end" dominant-baseline="middle">{whole(v, say.lang)}</text>
            </g>
          ))}
          {hours.map((h, i) => Number(h.slice(11, 13)) % 6 === 0 && !h.endsWith("b") && <text key={h} class="tick" x={left + (i + 0.5) * step} y={height - 5} text-anchor="middle">{hourStart(h)}</text>)}
          {hours.map((h, i) => {
            let under = 0;
            return <g key={h}>{codes.map((c, k) => {
              const v = shown(rows[k][i]);
              const from = under;
              under += v;
              return v > 0 && <rect key={c} class={`part part-${k % 6}`} x={left + i * step + 0.5} width={Math.max(1, step - 1)} y={y(under)} height={Math.max(0, y(from) - y(under) - 0.5)} />;
            })}</g>;
          })}
          {hour >= 0 && <rect class="now-frame" x={left + hour * step} width={step} y={top} height={height - top - bottom} />}
        </svg>
      </div>
      <ul class="parts-list">
        {[...codes.keys()].reverse().map((k) => (
          <li key={codes[k]}><svg class="swatch" viewBox="0 0 12 12" aria-hidden="true"><rect class={`part part-${k % 6}`} width="12" height="12" /></svg><span>{names[k]}</span><Small row={rows[k][hour]} say={say} obs={`${obs}#${codes[k]}/${hour}`} /></li>
        ))}
      </ul>
      <p class="note">{say("rolesMean")}</p>
    </section>
  );
}
