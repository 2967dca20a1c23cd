// "Tourism and spending", "Market", "Town", "Parked": what companies and public bodies publish, ranked with its margins.

import * as api from "../api.ts";
import { GapTable, LeagueTable } from "../chart/league.tsx";
import { monthName } from "../clock.ts";
import { kind, percent, type Reading } from "../figure.ts";
import { products, type Holder, type Shown, type View } from "../holder.ts";
import type { Screen } from "../link.ts";
import { useLoaded } from "../load.ts";
import { Trouble } from "../trouble.tsx";
import type { League } from "../wire.ts";
import { codeName, type Key, type Say } from "../words.ts";
import { Choice, Nothing, type ScreenProps } from "./now.tsx";

/** shows says whether a screen has something to show. */
export const shows = (screen: Screen, houses: Holder[]) => screen === "now" || screen === "flows" || screen === "privacy" || products(houses).some((s) => s.screen === screen);

const leads: Partial<Record<Screen, Key>> = { tourism: "tourismLead", market: "marketLead", town: "townLead", parked: "parkedLead" };

export function CompanyScreen({ houses, catalogue, state, say, go, screen }: ScreenProps & { screen: Screen }) {
  const list = products(houses).filter((s) => s.screen === screen);
  if (!houses.length) return <main class="loading" aria-busy="true" />;
  if (!list.length) return <Nothing catalogue={catalogue} say={say} />;
  const months = [...new Set(list.flatMap((s) => s.months))].sort();
  const month = months.find((m) => m === state.t.slice(0, 7)) ?? months.at(-1)!;
  return (
    <main class="page company">
      <h1>{say(screen)}</h1>
      <p class="lead">{say(leads[screen]!)}</p>
      {months.length > 1 && (
        <div class="month-choice"><Choice label={say("month")} list value={month} options={months.map((m) => [m, monthName(m, say.lang)])} pick={(t) => go({ t }, true)} /></div>
      )}
      {list.flatMap((s) => s.views.map((v) => (
        <Ranking key={s.holder.at + v.product + v.table + v.by} shown={s} first={houses[0]} view={v} month={s.months.includes(month) ? month : s.months.at(-1)!} coin={state.u} say={say} coinTo={(u) => go({ u }, true)} />
      )))}
      <p class="note">{say("leagueMeans")}</p>
    </main>
  );
}

/** useLeague asks for a ranking. */
export function useLeague(s: Shown, v: View, month: string, coin: string) {
  const has = v.product === "spending" ? coin : "";
  return useLoaded(JSON.stringify([s.holder.at, v, month, has]), () => api.league(s.holder.at, { product: v.product, period: month, table: v.table, by: v.by, over: v.over, currency: has }));
}

/** useNames names the codes of a ranking; zones that their holder does not name are called as the first holder calls them. */
export function useNames(holder: Holder, first: Holder | undefined, league: League | undefined, say: Say): (code: string) => string {
  const zoned = league?.by === "zone";
  const own = useZones(holder.at, zoned ? league.geo : undefined);
  const others = useZones("", zoned && own && first && league.lines.some((l) => (own.get(l.code) ?? l.code) === l.code) ? first.releases[0]?.geo : undefined);
  return (code) => {
    if (!zoned) return codeName(league?.by ?? "", code, say);
    const name = own?.get(code);
    return (name !== code && name) || others?.get(code) || code;
  };
}

function useZones(at: string, geo: { id: string; version: string } | undefined): Map<string, string> | undefined {
  return useLoaded(geo ? `${at} ${geo.id}/${geo.version}` : "", async () => new Map((await api.geography(geo!.id, geo!.version, at)).zones.map((z) => [z.id, z.name]))).data;
}

const readings: Partial<Record<Key, Reading>> = { ofResidents: "share", perPresent: "thousand", perArrival: "thousand" };

/** readingOf says how what a view divides by is read. */
export const readingOf = (v: View, l: League): Reading => (v.per && readings[v.per]) || (l.exponent === undefined ? "plain" : "money");

const most = 15;
const firsts: Record<string, Key> = { zone: "zone", category: "kind", authority: "body", reason: "reason" };

function Ranking({ shown, first, view, month, coin, say, coinTo }: { shown: Shown; first: Holder; view: View; month: string; coin: string; say: Say; coinTo(u: string): void }) {
  const got = useLeague(shown, view, month, coin);
  const l = got.data;
  const name = useNames(shown.holder, first, l, say);
  if (got.error) return <section><h2>{say(view.title)}</h2><Trouble error={got.error} say={say} retry={got.retry} /></section>;
  if (!l) return <section aria-busy="true"><h2>{say(view.title)}</h2><div class="skeleton" aria-hidden="true"><i class="wide" /><i class="tall" /></div></section>;
  const cut = l.table === "total" ? l.clamping?.find((c) => c.currency === l.unit) : undefined;
  return (
    <section class={got.stale ? "faded" : ""}>
      <h2>{say(view.title)}</h2>
      <p class="note">{say("heldBy", { what: shown.holder.name, when: monthName(month, say.lang), n: l.releases.length })}</p>
      {(l.currencies?.length ?? 0) > 1 && l.exponent !== undefined && (
        <div class="month-choice"><Choice label={say("currency")} value={l.unit} options={l.currencies!.map((c) => [c, c])} pick={coinTo} /></div>
      )}
      {l.lines.every((x) => kind(x) === "suppressed") && <p>{say("tooFewLines")}</p>}
      <LeagueTable league={l} name={name} first={firsts[l.by] ?? "zone"} per={view.per} how={readingOf(view, l)} most={most} say={say} />
      {l.lines.length > most && <p class="note">{say("moreByApi", { n: l.lines.length - most })} <a href={leaguePath(shown, view, l, month)}>{say("sameByApi")}</a></p>}
      {view.per && view.over && !l.lines.some((x) => x.per) && <p class="note">{say("noRatio")}</p>}
      {cut && typeof cut.share_cut_at_most === "number" && <p class="note">{say("clamped", { bound: cut.bound, currency: cut.currency, share: percent(cut.share_cut_at_most, say.lang) })}</p>}
      {l.lines.some((x) => x.gap) && <><h3>{say("gapTitle")}</h3><p class="note">{say("gapMeans")}</p><GapTable league={l} name={name} most={10} say={say} /></>}
    </section>
  );
}

function leaguePath(s: Shown, v: View, l: League, month: string): string {
  const p = { product: v.product, period: month, table: v.table, by: v.by, over: v.over, ...l.where };
  return `${s.holder.at}/v1/league?${new URLSearchParams(Object.entries(p).filter(([, x]) => x))}`;
}
