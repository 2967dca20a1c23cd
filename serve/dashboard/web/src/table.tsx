// The same numbers as real tables.

import { useState } from "preact/hooks";
import { breakdowns, type Answer } from "./answer.ts";
import { Small, word } from "./chart/number.tsx";
import { slotName } from "./clock.ts";
import { about, kind, signed } from "./figure.ts";
import type { Row, UsualRow } from "./wire.ts";
import { codeName, type Say } from "./words.ts";

interface Props {
  answer: Answer;
  hour: number;
  say: Say;
  unit: string;
}

export function PlaceTable({ answer, hour, say, unit }: Props) {
  const byDay = answer.hours[0]?.length === 10;
  return (
    <div class="tables">
      <table>
        <caption>{say(byDay ? "byDay" : "byHour", { unit })}</caption>
        <thead><Head first={say(byDay ? "day" : "hour")} say={say} /></thead>
        <tbody>
          {answer.rows.map((r, i) => <Line key={r.time} name={slotName(answer.hours[i], say.lang)} row={r} say={say} obs={`${answer.id}#${i}`} on={i === hour} />)}
        </tbody>
      </table>
      {answer.usual.length > 0 && (
        <table>
          <caption>{say("usualTable", { unit })}</caption>
          <thead><tr><th scope="col">{say("hour")}</th><th scope="col">{say("usualDay")}</th><th scope="col">{say("difference")}</th></tr></thead>
          <tbody>
            {answer.usual.map((u, i) => u && <Compare key={u.time} name={slotName(answer.hours[i], say.lang)} u={u} say={say} obs={`${answer.id}#usual/${i}`} on={i === hour} />)}
          </tbody>
        </table>
      )}
      {breakdowns.map((b) => answer.parts[b] && (
        <table key={b}>
          <caption>{say("byCode", { what: say(b as "gender"), unit })}</caption>
          <thead><Head first={say(b as "gender")} say={say} /></thead>
          <tbody>
            {answer.parts[b].codes.map((c, k) => (
              <Line key={c} name={codeName(b, c, say)} row={answer.parts[b].rows[k][hour]} say={say} obs={`${answer.id}#${b}/${c}/${hour}`} />
            ))}
          </tbody>
        </table>
      ))}
    </div>
  );
}

function Compare({ name, u, say, obs, on }: { name: string; u: UsualRow; say: Say; obs: string; on: boolean }) {
  const d = signed(u.difference.estimate, u.difference.noise_sd, say.lang);
  return (
    <tr class={on ? "on" : ""}>
      <th scope="row">{name}</th>
      <td><Small row={{ ...u.usual, time: u.time }} say={say} obs={`${obs}/mean`} /></td>
      <td class={u.clear ? "" : "unclear"}><span class="small-number" data-obs={`${obs}/difference`}>{d.value} ±&#8239;{d.margin}</span></td>
    </tr>
  );
}

function Head({ first, say }: { first: string; say: Say }) {
  return <tr><th scope="col">{first}</th><th scope="col">{say("aboutHead")}</th><th scope="col">{say("from95")}</th><th scope="col">{say("to95")}</th></tr>;
}

function Line({ name, row, say, obs, on = false }: { name: string; row: Row | undefined; say: Say; obs: string; on?: boolean }) {
  const k = kind(row);
  const a = row && k !== "suppressed" && k !== "missing" ? about(row, say.lang) : null;
  return (
    <tr class={on ? "on" : ""} aria-current={on ? "true" : undefined}>
      <th scope="row">{name}</th>
      <td><Small row={row} say={say} obs={obs} /></td>
      {a ? <><td>{a.lo}</td><td>{a.hi}</td></> : <td class="why" colSpan={2}>{word(k, say)}</td>}
    </tr>
  );
}

export interface ZoneLine {
  id: string;
  name: string;
  row: Row | undefined;
}

/** ZoneTable lists all zones in view with their number; it also is the way to choose one without the map. */
export function ZoneTable({ lines, selected, say, title, release, pick }: {
  lines: ZoneLine[]; selected: string[]; say: Say; title: string; release: string; pick(id: string, add: boolean): void;
}) {
  const [by, sortBy] = useState<"name" | "value">("value");
  const list = [...lines].sort((a, b) =>
    by === "name" ? a.name.localeCompare(b.name, say.lang) : rank(b.row) - rank(a.row) || a.name.localeCompare(b.name, say.lang));
  return (
    <table class="zone-table">
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col" aria-sort={by === "name" ? "ascending" : "none"}><button class="link" onClick={() => sortBy("name")}>{say("zone")}</button></th>
          <th scope="col" aria-sort={by === "value" ? "descending" : "none"}><button class="link" onClick={() => sortBy("value")}>{say("aboutHead")}</button></th>
        </tr>
      </thead>
      <tbody>
        {list.map((l) => (
          <tr key={l.id} class={selected.includes(l.id) ? "on" : ""}>
            <th scope="row"><button class="link" aria-pressed={selected.includes(l.id)} onClick={(e) => pick(l.id, e.shiftKey)}>{l.name}</button></th>
            <td><Small row={l.row} say={say} obs={`${release}#${l.id}`} /></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const rank = (r: Row | undefined) => (kind(r) === "suppressed" || kind(r) === "missing" ? -1 : (r?.value ?? -1));
