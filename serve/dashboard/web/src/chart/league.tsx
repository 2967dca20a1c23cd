// A league table: numbers with bars and margins, ranges of ranks, groups that the noise does not tell apart shaded together, shares,
// and what the numbers are divided by.

import { Bar } from "./bars.tsx";
import { word } from "./number.tsx";
import { amount, kind, ratio, type Reading } from "../figure.ts";
import type { League, LeagueLine, Ratio } from "../wire.ts";
import type { Key, Say } from "../words.ts";

const signs = { value: "", zero: "", modelled: "~", suppressed: "·", missing: "–" };

/** Amount is a number of a ranking with its margin, or the word that says why it is not there. */
export function Amount({ row, league, say, obs }: { row: League["total"] | undefined; league: League; say: Say; obs: string }) {
  const k = kind(row);
  if (!row || k === "suppressed" || k === "missing") {
    return <span class="nothing" data-obs={obs} title={word(k, say)}>{signs[k]}<span class="hidden">{word(k, say)}</span></span>;
  }
  const a = amount(row, league, say.lang);
  return <span class="small-number" data-obs={obs}>{a.value} <span class="margin">±&#8239;{a.margin}</span></span>;
}

/** Ranged is a ratio with its interval; a mark says that it is not reliable. */
export function Ranged({ of, how, league, say, obs }: { of: Ratio | null | undefined; how: Reading; league: League; say: Say; obs: string }) {
  if (!of) return <span class="nothing" data-obs={obs} title={say("suppressed")}>·<span class="hidden">{say("suppressed")}</span></span>;
  const r = ratio(of, how, league, say.lang);
  return (
    <span class={of.reliable ? "small-number ranged" : "small-number ranged unclear"} data-obs={obs}>
      {r.value} <span class="margin">({say("range", { a: r.lo, b: r.hi })})</span>
      {!of.reliable && <abbr title={say("notReliable")}>&#8239;*</abbr>}
    </span>
  );
}

/** rankName writes from which to which rank. */
export const rankName = (best: number, worst: number, say: Say) => (best === worst ? String(best) : say("range", { a: best, b: worst }));

interface Props {
  league: League;
  name(code: string): string;
  first: Key; // what is ranked
  per?: Key;
  how: Reading;
  most: number;
  say: Say;
}

export function LeagueTable({ league, name, first, per, how, most, say }: Props) {
  const lines = league.lines.slice(0, most);
  const max = Math.max(1, ...league.lines.map((l) => l.hi));
  const obs = `${league.releases.at(-1)}#${league.table}/${league.by}`;
  const ratios = per && league.lines.some((l) => l.per);
  return (
    <div class="scroll">
      <table class="league">
        <thead><tr>
          <th scope="col">{say("rank")}</th><th scope="col" class="text">{say(first)}</th><th scope="col" class="picture"><span class="hidden">{say("chart")}</span></th>
          <th scope="col">{say("aboutHead")}</th><th scope="col">{say("shareOfAll")}</th>{ratios && <th scope="col">{say(per)}</th>}
        </tr></thead>
        <tbody>
          {lines.map((l) => { const shown = kind(l) !== "suppressed"; return ( // a share would tell the number that is not shown
            <tr key={l.code} class={l.group % 2 ? "tied" : ""}>
              <td class="rank">{rankName(l.best, l.worst, say)}</td>
              <th scope="row" class="text">{name(l.code)}</th>
              <td class="picture"><Bar row={l} max={max} /></td>
              <td><Amount row={l} league={league} say={say} obs={`${obs}/${l.code}`} /></td>
              <td><Ranged of={shown ? l.share : null} how="share" league={league} say={say} obs={`${obs}/${l.code}/share`} /></td>
              {ratios && <td><Ranged of={shown ? l.per : null} how={how} league={league} say={say} obs={`${obs}/${l.code}/per`} /></td>}
            </tr>
          ); })}
        </tbody>
      </table>
    </div>
  );
}

/** GapTable ranks what is left of a potential: where a promotion would reach most. */
export function GapTable({ league, name, most, say }: { league: League; name(code: string): string; most: number; say: Say }) {
  const lines = league.lines.filter((l): l is LeagueLine & { gap: NonNullable<LeagueLine["gap"]> } => !!l.gap).sort((a, b) => b.gap.estimate - a.gap.estimate).slice(0, most);
  const max = Math.max(1, ...lines.map((l) => l.gap.hi));
  return (
    <div class="scroll">
      <table class="league">
        <thead><tr><th scope="col">{say("rank")}</th><th scope="col" class="text">{say("zone")}</th><th scope="col" class="picture"><span class="hidden">{say("chart")}</span></th><th scope="col">{say("aboutHead")}</th></tr></thead>
        <tbody>
          {lines.map((l) => {
            const row = { ...l, ...l.gap, value: Math.max(0, Math.round(l.gap.estimate)), reliable: l.gap.noise_sd <= 0.3 * Math.max(1, l.gap.estimate) };
            return (
              <tr key={l.code}>
                <td class="rank">{rankName(l.gap.best, l.gap.worst, say)}</td>
                <th scope="row" class="text">{name(l.code)}</th>
                <td class="picture"><Bar row={row} max={max} /></td>
                <td><Amount row={row} league={league} say={say} obs={`${league.releases.at(-1)}#gap/${l.code}`} /></td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
