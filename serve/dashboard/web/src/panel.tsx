// The panel of a place: its number, its day, who is there, and where the numbers come from.

import type { ComponentChildren } from "preact";
import { Failure, tablePath } from "./api.ts";
import { breakdowns, type Ahead, type Answer, type Place, type Span } from "./answer.ts";
import { live, tablesOf, type Catalogue, type Day } from "./catalogue.ts";
import { Bars } from "./chart/bars.tsx";
import { DayCurve } from "./chart/day.tsx";
import { Big, Small, line } from "./chart/number.tsx";
import { PyramidChart } from "./chart/pyramid.tsx";
import { Roles } from "./chart/roles.tsx";
import { WeekAhead } from "./chart/ahead.tsx";
import { Near } from "./near.tsx";
import { dayName, hourName, monthName, slotStart, weekdayName } from "./clock.ts";
import { csv, fileName, save } from "./download.ts";
import { cell, few, kind, percent, signed, signedPercent, z95 } from "./figure.ts";
import type { Ground } from "./ground.ts";
import { Sign } from "./icon.tsx";
import { Sources } from "./sources.tsx";
import { Trouble } from "./trouble.tsx";
import { PlaceTable } from "./table.tsx";
import type { Row } from "./wire.ts";
import { codeName, type Say } from "./words.ts";

interface Props {
  catalogue: Catalogue;
  ground: Ground;
  day: Day;
  table: string;
  place: Place;
  km2: number;
  answer: Answer | undefined;
  ahead: Ahead | undefined; // the week after the newest release, of this place
  aheadError: unknown;
  stale: boolean;
  error: unknown;
  now: string; // local hour in view
  span: Span;
  view: "chart" | "table";
  say: Say;
  above?: ComponentChildren; // of the number: how old it is
  beside?: ComponentChildren; // the number: what others publish
  split?: string; // said of the breakdowns
  hourTo(hour: string): void;
  zoneTo(ids: string[]): void;
  circleTo(x: number, y: number, radius: number): void;
  clear(): void;
  home(): void;
  retry(): void;
}

export function Panel(p: Props) {
  const { say, answer } = p;
  const hour = answer ? answer.hours.indexOf(p.span === "hour" ? p.now : p.day.day) : -1;
  const row = answer && spanRow(answer, p.span, hour);
  const title = placeName(p, say);
  const unit = say(["present", live].includes(p.day.release.product) ? "people" : p.table === "arrivals" ? "arrivalsUnit" : "departuresUnit");
  return (
    <section class="panel-body" aria-label={say("panel")} aria-busy={p.stale && !p.error}>
      <Crumb {...p} />
      <div class="panel-title">
        <h2>{title}</h2>
        {p.place.kind !== "whole" && (
          <button class="tool quiet" onClick={p.clear} aria-label={say("clear")} title={say("clear")}><Sign name="clear" /></button>
        )}
      </div>
      <p class="panel-time">{spanName(p.span, p.day.day, p.now, say)}</p>
      {p.above}
      {p.error ? <Trouble error={p.error} say={say} retry={p.retry} home={p.home} /> : !answer ? <Skeleton /> : (
        <div class={p.stale ? "answer faded" : "answer"}>
          <div aria-live="polite"><Big row={row} say={say} unit={unit} obs={`${answer.id}#${hour}`} /><Compared {...p} answer={answer} hour={hour} /></div>
          <Notes {...p} answer={answer} hour={hour} />
          {p.view === "chart" ? (
            <>
              {p.beside}
              <h3>{p.day.release.product === live ? say("liveCurve") : p.span === "hour" ? say("dayCurve") : monthName(p.day.day.slice(0, 7), say.lang)}</h3>
              <p class="note">{summary(answer, say)}</p>
              <DayCurve rows={answer.rows} hours={answer.hours} now={hour} say={say} faded={false} summary={summary(answer, say)} usual={answer.usual} pick={(i) => p.hourTo(answer.hours[i])} />
              {p.split && <p class="note split">{p.split}</p>}
              {breakdowns.map((b) => answer.parts[b] && (b === "role" ? (
                <Roles key={b} codes={answer.parts[b].codes} rows={answer.parts[b].rows} hours={answer.hours} hour={hour} say={say} obs={`${answer.id}#${b}`} pick={(i) => p.hourTo(answer.hours[i])} />
              ) : (
                <Bars
                  key={b} title={say(b as "gender")} names={answer.parts[b].codes.map((c) => codeName(b, c, say))} rows={answer.parts[b].rows}
                  hour={hour} most={b === "origin" ? 10 : 0} say={say} obs={`${answer.id}#${b}`} faded={false}
                />
              )))}
              <PyramidChart answer={answer} hour={hour} say={say} />
              {p.aheadError instanceof Failure && [401, 403].includes(p.aheadError.status) && <p class="note">{say("forecastToken")}</p>}
              {p.ahead && p.ahead.rows.length > p.ahead.from && <WeekAhead ahead={p.ahead} say={say} />}
              {p.place.kind === "whole" && p.ground.places.length > 0 && p.day.release.product === "present" && <Near {...p} day={p.day.day} />}
            </>
          ) : <PlaceTable answer={answer} hour={hour} say={say} unit={unit} />}
          <Save {...p} answer={answer} title={title} />
        </div>
      )}
      <Sources {...p} sources={answer?.sources ?? {}} />
    </section>
  );
}

/** Compared says how the hour differs from a usual one, with its margin; less than that is no clear difference. */
function Compared({ answer, hour, say, day, catalogue }: Props & { answer: Answer; hour: number }) {
  const u = answer.usual[hour];
  const k = kind(answer.rows[hour]);
  if (!u || k === "missing" || k === "suppressed") return null;
  const past = catalogue.releases.find((r) => r.id === answer.usualOf[0])?.period.name; // of a holiday: a Sunday
  const weekday = weekdayName(past ?? day.day, say.lang);
  const d = signed(u.difference.estimate, u.difference.noise_sd, say.lang);
  const values = u.percent && Math.abs(u.percent.hi - u.percent.lo) < 100
    ? { weekday, from: signedPercent(u.percent.lo, say.lang), to: signedPercent(u.percent.hi, say.lang) } : null;
  const text = !u.clear ? say("usualSame", { weekday })
    : values ? say(u.difference.estimate > 0 ? "usualMore" : "usualLess", values)
    : say(u.difference.estimate > 0 ? "usualMoreThan" : "usualLessThan", { weekday });
  return (
    <p class={u.clear ? "compared" : "compared unclear"}>
      <strong>{text}</strong>{" "}
      <span class="compared-by" data-obs={`${answer.id}#usual/${hour}`}>{say("usualBy", { value: d.value, margin: d.margin, n: u.weeks })}</span>
    </p>
  );
}

/** spanRow is the number for a span: of the hour in view, or the sum of its day or month. */
function spanRow(a: Answer, span: Span, hour: number): Row | undefined {
  return span === "hour" ? a.rows[hour] : a.sums[span];
}

/** spanName says when. */
export function spanName(span: Span, day: string, hour: string, say: Say): string {
  if (span === "month") return monthName(day.slice(0, 7), say.lang);
  return dayName(day, say.lang) + (span === "hour" && hour ? ", " + hourName(hour) : "");
}

/** placeName is what a place is called. */
export function placeName(p: { place: Place; ground: Ground; km2: number }, say: Say): string {
  if (p.place.kind === "whole") return say("whole");
  if (p.place.kind === "ring") return say("drawn", { km2: few(p.km2, say.lang, p.km2 < 100 ? 2 : 3) });
  const names = p.place.ids.map((id) => p.ground.zones[p.ground.index.get(id) ?? -1]?.name ?? id);
  return names.length > 3 ? say("zones", { n: names.length }) : names.join(", ");
}

function Crumb(p: Props) {
  if (p.place.kind !== "zones" || p.place.ids.length !== 1) return null;
  const zone = p.ground.zones[p.ground.index.get(p.place.ids[0]) ?? -1];
  const up = zone && zone.parent >= 0 ? p.ground.zones[zone.parent] : null;
  return (
    <nav class="crumb" aria-label={p.say("above")}>
      <button class="link" onClick={p.clear}>{p.say("whole")}</button>
      {up && <> › <button class="link" onClick={() => p.zoneTo([up.id])}>{up.name}</button></>}
    </nav>
  );
}

function Notes(p: Props & { answer: Answer; hour: number }) {
  const { say, answer, hour } = p;
  const row = spanRow(answer, p.span, hour);
  const k = kind(row);
  const seen = row && (k === "value" || k === "modelled");
  const density = seen && p.km2 > 0 && !p.ground.points && p.span === "hour" ? cell(row.time, (row.estimate ?? 0) / p.km2, (row.noise_sd ?? 0) / p.km2) : null;
  const covered = answer.area?.covered ?? 1;
  return (
    <ul class="notes">
      {density && (density.value ?? 0) >= 1 && <li>{say("perKm2Is")} <Small row={{ ...density, reliable: true }} say={say} obs={`${answer.id}#${hour}/density`} /></li>}
      {seen && (row.alloc_sd ?? 0) > 0.5 && <li>{say("border", { v: few(z95 * (row.alloc_sd ?? 0), say.lang, 1) })}</li>}
      {answer.area?.smaller_than_leaf && <li class="mark">{answer.area.leaf ? say("smallerThan", { km2: few(answer.area.leaf.area_km2, say.lang, 2) }) : say("smaller")}</li>}
      {k === "modelled" && !answer.area?.smaller_than_leaf && <li class="mark">{say("modelledWhy")}</li>}
      {(p.place.kind === "ring" ? covered < 0.995 : covered <= 0) && <li class="mark">{covered <= 0 ? say("outside") : say("covered", { share: percent(covered, say.lang) })} <button class="link" onClick={p.home}>{say("goThere")}</button></li>}
    </ul>
  );
}

/** summary says a day in one sentence, from the hours that can be shown. */
export function summary(a: Answer, say: Say): string {
  const shown = a.rows.map((r, i) => ({ r, i })).filter(({ r }) => kind(r) !== "suppressed" && kind(r) !== "missing");
  if (!shown.length) return say("tooFew");
  const high = shown.reduce((p, q) => ((q.r.estimate ?? 0) > (p.r.estimate ?? 0) ? q : p));
  const low = shown.reduce((p, q) => ((q.r.estimate ?? 0) < (p.r.estimate ?? 0) ? q : p));
  const byDay = a.hours[0].length === 10;
  return say(byDay ? "peaksDay" : "peaks", { high: slotStart(a.hours[high.i], say.lang), most: line(high.r, say), low: slotStart(a.hours[low.i], say.lang), least: line(low.r, say) });
}

function Save(p: Props & { answer: Answer; title: string }) {
  const { say } = p;
  const { release } = p.day;
  const about = { product: release.product, place: p.title, period: p.day.day, release: release.id, revision: release.revision, data: p.catalogue.root.data };
  const zone = p.place.kind === "zones" && p.place.ids.length === 1 ? `?zone=${encodeURIComponent(p.place.ids[0])}` : "";
  return (
    <p class="save">
      <button class="button" onClick={() => save(fileName(about), csv(p.answer, about), "text/csv;charset=utf-8")}><Sign name="save" />{say("csv")}</button>
      {tablesOf(p.catalogue, release).includes(p.table) && p.place.kind !== "ring" && (
        <a class="link" href={`${tablePath(release.id, p.table)}.csv${zone}`}>{say("sameByApi")}</a>
      )}
    </p>
  );
}

function Skeleton() {
  return <div class="skeleton" aria-hidden="true"><i class="wide" /><i class="tall" /><i /><i /><i /></div>;
}

