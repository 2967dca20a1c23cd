// "Privacy": what is promised, what has been spent, and how to check it.

import * as api from "../api.ts";
import { ticks } from "../chart/day.tsx";
import { dayName, dayShort } from "../clock.ts";
import { few, percent, whole, z95 } from "../figure.ts";
import { useLoaded } from "../load.ts";
import { Trouble } from "../trouble.tsx";
import type { Ledger, Release } from "../wire.ts";
import type { Say, Key } from "../words.ts";
import { has } from "../words.ts";
import type { ScreenProps } from "./now.tsx";

const nano = 1e-9;

const days = (l: Ledger) => l.days ?? [];

export function PrivacyScreen({ catalogue: c, say }: ScreenProps) {
  const ledger = useLoaded("ledger", api.ledger);
  const l = ledger.data;
  const latest = [...new Map([...c.releases].reverse().map((r) => [r.product, r])).values()];
  return (
    <main class="page">
      <h1>{say("privacyTitle")}</h1>
      {ledger.error ? <Trouble error={ledger.error} say={say} retry={ledger.retry} /> : !l ? <div class="loading" aria-busy="true" /> : (
        <>
          <Promise l={l} say={say} />
          <Spent l={l} say={say} />
          <Published latest={latest} say={say} />
          <Refused say={say} />
          <Check l={l} latest={latest} say={say} />
        </>
      )}
    </main>
  );
}

const unitWord = (unit: string, say: Say): string => {
  const key = `unit.${unit}`;
  return has(key) ? say(key) : unit;
};

function Promise({ l, say }: { l: Ledger; say: Say }) {
  const worst = Math.max(0, ...days(l).map((d) => d.epsilon_1e9));
  return (
    <section class="lead">
      <p>{say("promise1", { unit: unitWord(l.unit, say) })}</p>
      {worst > 0 && <p>{say("promise2", { e: few(worst, say.lang, 2) })}</p>}
      {!!l.epsilon_365 && <p>{say("promise3", { e: few(l.epsilon_365, say.lang, 2) })}</p>}
    </section>
  );
}

function Spent({ l, say }: { l: Ledger; say: Say }) {
  const last = days(l).at(-1);
  const epsilon = (e: number | undefined) => (e ? `ε ${few(e, say.lang, 2)}` : "–");
  const figures: [string, string, string][] = [
    [say("lastDay"), epsilon(last?.epsilon_1e9), last ? dayName(last.day, say.lang, false) : ""],
    [say("days30"), epsilon(l.epsilon_30), say("anyoneAllDays")],
    [say("days365"), epsilon(l.epsilon_365), say("anyoneAllDays")],
  ];
  return (
    <section>
      <h2>{say("spent")}</h2>
      <div class="figures">
        {figures.map(([title, value, note]) => (
          <div class="figure" key={title}><h3>{title}</h3><p class="big"><strong>{value}</strong></p><p class="note">{note}</p></div>
        ))}
        <div class="figure">
          <h3>{say("share")}</h3>
          <p class="big"><strong>{last && l.cap_day > 0 ? percent(last.spent / l.cap_day, say.lang) : "–"}</strong></p>
          <p class="note">{say("capIs", { rho: few(l.cap_day * nano, say.lang, 2) })}</p>
        </div>
      </div>
      {last && <Days l={l} say={say} />}
      <p class="note">{say("epsilonMeans")}</p>
    </section>
  );
}

function Days({ l, say }: { l: Ledger; say: Say }) {
  const list = days(l).slice(-60);
  const [w, h, left] = [window.innerWidth < 700 ? 380 : 900, 150, 44];
  const max = Math.max(l.cap_day, ...list.map((d) => d.spent)) * nano * 1.05 || 1;
  const y = (v: number) => 8 + (1 - v / max) * (h - 34);
  const step = Math.min(40, (w - left) / Math.max(1, list.length));
  const cap = l.cap_day * nano;
  return (
    <svg class="ledger-chart" viewBox={`0 0 ${w} ${h}`} role="img" aria-label={say("ledgerSummary", { n: list.length, rho: few(cap, say.lang, 2) })}>
      {ticks(max).map((v) => (
        <g key={v}><line class="grid" x1={left} x2={w} y1={y(v)} y2={y(v)} /><text class="tick" x={left - 8} y={y(v)} text-anchor="end" dominant-baseline="middle">{few(v, say.lang, 2)}</text></g>
      ))}
      {list.map((d, i) => <rect key={d.day} class="spent" x={left + i * step + step * 0.15} width={step * 0.7} y={y(d.spent * nano)} height={Math.max(0, y(0) - y(d.spent * nano))}><title>{`${d.day}: ρ ${few(d.spent * nano, say.lang, 3)}, ε ${few(d.epsilon_1e9, say.lang, 3)}`}</title></rect>)}
      {cap > 0 && <line class="cap" x1={left} x2={w} y1={y(cap)} y2={y(cap)} />}
      {cap > 0 && <text class="tick" x={w - 4} y={y(cap) + 13} text-anchor="end">{say("cap")}</text>}
      {list.map((d, i) => i % Math.ceil(72 / step) === 0 && <text key={d.day} class="tick" x={left + i * step + step / 2} y={h - 6} text-anchor="middle">{dayShort(d.day, say.lang)}</text>)}
    </svg>
  );
}

function Published({ latest, say }: { latest: Release[]; say: Say }) {
  const rows = latest.flatMap((r) => (r.parts ?? []).map((p) => ({ r, p })));
  if (!rows.length) return null;
  return (
    <section>
      <h2>{say("whatWasPublished")}</h2>
      <div class="scroll">
        <table>
          <thead><tr><th scope="col">{say("product")}</th><th scope="col" class="text">{say("tableWord")}</th><th scope="col" class="text">{say("period")}</th><th scope="col">{say("bound")}</th><th scope="col">ρ</th><th scope="col">{say("noiseOfCell")}</th></tr></thead>
          <tbody>
            {rows.map(({ r, p }) => (
              <tr key={r.id + p.table}>
                <th scope="row">{r.product}</th><td class="text">{p.table}</td><td class="text">{r.period.name}</td>
                <td>√{whole(p.d2, say.lang)}</td><td>{few(p.rho * nano, say.lang, 2)}</td><td>±&#8239;{whole(z95 * Math.sqrt(p.sigma2), say.lang)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="note">{say("publishedNote")}</p>
    </section>
  );
}

const refusals: Key[] = ["refuse1", "refuse2", "refuse3", "refuse4", "refuse5"];

function Refused({ say }: { say: Say }) {
  return <section><h2>{say("refused")}</h2><ul class="plain">{refusals.map((k) => <li key={k}>{say(k)}</li>)}</ul></section>;
}

function Check({ l, latest, say }: { l: Ledger; latest: Release[]; say: Say }) {
  return (
    <section>
      <h2>{say("check")}</h2>
      <p>{say("checkHow")}</p>
      <dl class="check">
        {l.head && <><dt>{say("head")}</dt><dd><code>{l.head}</code></dd></>}
        {l.seq !== undefined && <><dt>{say("seq")}</dt><dd>{whole(l.seq, say.lang)}</dd></>}
        <dt>{say("scope")}</dt><dd>{l.scope}, {say("profile", { name: l.profile })}</dd>
      </dl>
      <ul class="plain">
        {latest.map((r) => {
          const path = `/v1/releases/${encodeURIComponent(r.id)}`;
          return <li key={r.id}><code>{r.id}</code> <a href={`${path}/claim`}>{say("claim")}</a> <a href={`${path}/manifest`}>{say("manifest")}</a></li>;
        })}
        <li><a href="/v1/ledger">{say("ledgerFile")}</a></li>
      </ul>
    </section>
  );
}
