// "Movers": who has come and gone, week by week, by province of origin. A balance from released nights, with its margin.

import * as api from "../api.ts";
import { of } from "../catalogue.ts";
import { ticks } from "../chart/day.tsx";
import { useWidth } from "../chart/width.ts";
import { dayShort } from "../clock.ts";
import { signed, whole, z95 } from "../figure.ts";
import type { Ground } from "../ground.ts";
import { useLoaded } from "../load.ts";
import { Trouble } from "../trouble.tsx";
import type { Nowcast, Week } from "../wire.ts";
import { codeName, type Say } from "../words.ts";
import { Nothing, useGround, type ScreenProps } from "./now.tsx";

const most = 6; // pictures where no origin is a province of the map; the table has all

type Series = Nowcast["series"][number];

// strength is how far the clearest week lies from no change, in margins.
const strength = (s: Series) => Math.max(0, ...s.weeks.map((w) => Math.abs(w.change) / Math.max(w.noise_sd, 1e-9)));

export function MoversScreen({ catalogue: c, say }: ScreenProps) {
  const there = of(c, "nights").length > 0;
  const got = useLoaded(there ? "nowcast" : "", api.nowcast);
  const ground = useGround(got.data?.geo);
  if (!there) return <Nothing catalogue={c} say={say} />;
  const series = (got.data?.series ?? []).filter((s) => s.weeks.length).sort((a, b) => strength(b) - strength(a));
  const provinces = series.filter((s) => ground.data?.index.has(s.code));
  const name = (code: string) => nameOf(code, ground.data, say);
  return (
    <main class="page movers">
      <h1>{say("moversTitle")}</h1>
      {got.error ? <Trouble error={got.error} say={say} retry={got.retry} /> : !got.data ? <div class="loading" aria-busy="true" /> : (
        <>
          <p class="lead">{say("moversLead")}</p>
          {!series.length ? <p>{say("moversNone")}</p> : (
            <>
              <section><Pictures series={provinces.length ? provinces : series.slice(0, most)} name={name} say={say} /></section>
              <section><h2>{say("moversAll")}</h2><Weeks series={series} name={name} say={say} /></section>
            </>
          )}
          <p class="note">{say("moversMeans")}</p>
        </>
      )}
    </main>
  );
}

function nameOf(code: string, ground: Ground | undefined, say: Say): string {
  const zone = ground?.zones[ground.index.get(code) ?? -1];
  return zone ? zone.name : codeName("origin", code, say);
}

/** word says which way a week went. */
const word = (w: Week, say: Say) => say(w.reading === "arrivals" ? "came" : w.reading === "departures" ? "left" : "unclear");

function Pictures({ series, name, say }: { series: Series[]; name(code: string): string; say: Say }) {
  const max = Math.max(1, ...series.flatMap((s) => s.weeks.map((w) => Math.max(Math.abs(w.lo), Math.abs(w.hi)))));
  return (
    <>
      <ul class="movers-key signs" aria-hidden="true">
        <li><svg viewBox="0 0 12 12" class="swatch"><rect class="came" width="12" height="12" /></svg>{say("came")}</li>
        <li><svg viewBox="0 0 12 12" class="swatch"><rect class="left" width="12" height="12" /></svg>{say("left")}</li>
        <li><svg viewBox="0 0 12 12" class="swatch"><rect class="unsure" width="12" height="12" /></svg>{say("unclear")}</li>
      </ul>
      <div class="movers-grid">{series.map((s) => <Picture key={s.code} weeks={s.weeks} title={name(s.code)} max={max} say={say} />)}</div>
    </>
  );
}

const [top, bottom, right, height] = [10, 24, 8, 170];

function Picture({ weeks, title, max, say }: { weeks: Week[]; title: string; max: number; say: Say }) {
  const [box, width] = useWidth();
  const marks = ticks(max).filter((v) => v <= max);
  const both = [...marks.slice(1).map((v) => -v).reverse(), ...marks];
  const left = 22 + 7 * whole(marks.at(-1) ?? 0, say.lang).length;
  const step = (width - left - right) / weeks.length;
  const y = (v: number) => top + ((max - v) / (2 * max)) * (height - top - bottom);
  const x = (i: number) => left + (i + 0.5) * step;
  const last = weeks[weeks.length - 1];
  const d = signed(last.change, last.noise_sd, say.lang);
  const summary = say("moversWeek", { week: dayShort(last.week, say.lang), value: d.value, margin: d.margin, word: word(last, say) });
  const every = Math.ceil(weeks.length / Math.max(1, Math.floor((width - left) / 56)));
  return (
    <figure class="mover">
      <figcaption><h3>{title}</h3><p class="note" data-obs={`nowcast#${title}/${last.week}`}>{summary}</p></figcaption>
      <div class="chart" ref={box}>
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${title}. ${summary}`}>
          {both.map((v) => (
            <g key={v}>
              <line class={v === 0 ? "zero" : "grid"} x1={left} x2={width - right} y1={y(v)} y2={y(v)} />
              <text class="tick" x={left - 8} y={y(v)} text-anchor="end" dominant-baseline="middle">{v > 0 ? "+" : ""}{whole(v, say.lang)}</text>
            </g>
          ))}
          {weeks.map((w, i) => (
            <g key={w.week}>
              <rect class={w.reading === "arrivals" ? "came" : w.reading === "departures" ? "left" : "unsure"} x={x(i) - Math.min(18, step * 0.35)} width={Math.min(36, step * 0.7)} y={Math.min(y(0), y(w.change))} height={Math.max(1, Math.abs(y(w.change) - y(0)))} />
              <path class="whisker" d={`M${x(i)},${y(w.hi)}V${y(w.lo)}M${x(i) - 4},${y(w.hi)}h8M${x(i) - 4},${y(w.lo)}h8`} />
              {(weeks.length - 1 - i) % every === 0 && <text class="tick" x={x(i)} y={height - 6} text-anchor="middle">{dayShort(w.week, say.lang)}</text>}
            </g>
          ))}
        </svg>
      </div>
    </figure>
  );
}

function Weeks({ series, name, say }: { series: Series[]; name(code: string): string; say: Say }) {
  const weeks = [...new Set(series.flatMap((s) => s.weeks.map((w) => w.week)))].sort().slice(-12);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={say("moversAll")}>
      <table>
        <caption class="hidden">{say("moversAll")}</caption>
        <thead><tr><th scope="col">{say("origin")}</th>{weeks.map((w) => <th key={w} scope="col">{say("weekOf", { day: dayShort(w, say.lang) })}</th>)}</tr></thead>
        <tbody>
          {series.map((s) => (
            <tr key={s.code}>
              <th scope="row">{name(s.code)}</th>
              {weeks.map((m) => {
                const w = s.weeks.find((o) => o.week === m);
                if (!w) return <td key={m} class="nothing" title={say("missing")}>–</td>;
                const d = signed(w.change, w.noise_sd, say.lang);
                return <td key={m} class={w.reading === "unclear" ? "unclear" : ""}><span class="small-number" data-obs={`nowcast#${s.code}/${m}`} title={`${word(w, say)}, ${say("marginWord")} ${Math.round(z95 * w.noise_sd)}`}>{d.value} <span class="margin">±&#8239;{d.margin}</span></span></td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
