// Cards of the first page: one for each product of companies and public bodies, with its sum and margin and who leads; each leads to its
// screen. In the panel they are brief, a line each, so that all are in view. A folder that lacks them has none.

import { useEffect, useState } from "preact/hooks";
import { amount, kind } from "./figure.ts";
import { monthName } from "./clock.ts";
import { products, type Shown } from "./holder.ts";
import { write } from "./link.ts";
import { Ranged } from "./chart/league.tsx";
import { word } from "./chart/number.tsx";
import { readingOf, useLeague, useNames } from "./screen/company.tsx";
import type { ScreenProps } from "./screen/now.tsx";
import type { League } from "./wire.ts";
import type { Key, Say } from "./words.ts";

const titles: Record<string, Key> = { spending: "spendingCard", bookings: "bookingsCard", market: "marketCard", cases: "casesCard", reports: "reportsCard", vehicles: "vehiclesCard" };

export function Cards(p: ScreenProps & { brief?: boolean }) {
  const seen = new Set<string>();
  const list = products(p.houses).filter((s) => !seen.has(s.holder.at + s.product) && seen.add(s.holder.at + s.product));
  if (!list.length) return null;
  return (
    <section class={p.brief ? "cards brief" : "cards"} aria-label={p.say("published")}>
      {list.map((s) => <Card key={s.holder.at + s.product} shown={s} {...p} />)}
    </section>
  );
}

function Card({ shown: s, houses, state, say, go, brief }: ScreenProps & { shown: Shown; brief?: boolean }) {
  const view = s.views[0];
  const [back, goBack] = useState(0);
  const month = s.months.at(-1 - back)!;
  const got = useLeague(s, view, month, "");
  const thin = !got.stale && kind(got.data?.total) === "suppressed" && back + 1 < s.months.length;
  useEffect(() => { if (thin) goBack(back + 1); }, [thin, back]); // a month that has hardly begun
  const l = got.data;
  const name = useNames(s.holder, houses[0], l, say);
  const to = { ...state, screen: s.screen, t: month, z: [], a: "", v: "", m: "", n: "", u: "", p: "" };
  const top = l?.lines[0];
  return (
    <article class="figure card">
      <h3><a href={write(to)} onClick={(e) => { if (e.ctrlKey || e.metaKey || e.shiftKey) return; e.preventDefault(); go(to, true); }}>{say(titles[s.product])}</a></h3>
      {l ? (
        <>
          <Total league={l} say={say} />
          {!brief && top?.share && <p class="note">{say("mostIn", { name: name(top.code) })} <Ranged of={top.share} how="share" league={l} say={say} obs={`${l.releases.at(-1)}#card/${top.code}/share`} /></p>}
          {!brief && top?.per && view.per && <p class="note">{say(view.per)}: <Ranged of={top.per} how={readingOf(view, l)} league={l} say={say} obs={`${l.releases.at(-1)}#card/${top.code}/per`} /></p>}
        </>
      ) : got.error ? <p class="note">{say("noData")}</p> : <div class="skeleton" aria-hidden="true"><i class="wide" /></div>}
      <p class="note">{s.holder.name} · {monthName(month, say.lang)}</p>
    </article>
  );
}

function Total({ league, say }: { league: League; say: Say }) {
  const k = kind(league.total);
  const obs = `${league.releases.at(-1)}#${league.table}`;
  if (k === "suppressed" || k === "missing") return <p class="big none" data-obs={obs}>{word(k, say)}</p>;
  const a = amount(league.total, league, say.lang);
  return <p class="big" data-obs={obs}><span class="big-about">{say("aboutWord")}</span> <strong>{a.value}</strong> <span class="big-margin">(±&#8239;{a.margin})</span></p>;
}
