// Bars of one breakdown at one hour, each with its 95 % interval. The axis holds for the whole day, so that it does not
// jump while time moves.

import { kind } from "../figure.ts";
import type { Row } from "../wire.ts";
import type { Say } from "../words.ts";
import { Small } from "./number.tsx";

interface Props {
  title: string;
  names: string[];
  rows: Row[][]; // [code][hour]
  hour: number;
  most?: number; // ranked, and no more than this; 0: in the given order
  say: Say;
  obs: string;
  faded: boolean;
}

export function Bars({ title, names, rows, hour, most = 0, say, obs, faded }: Props) {
  const max = Math.max(1, ...rows.flat().map((r) => (kind(r) === "suppressed" || kind(r) === "missing" ? 0 : r.hi)));
  const order = names.map((_, i) => i);
  const mean = (i: number) => rows[i].reduce((s, r) => s + (r.estimate ?? 0), 0);
  if (most) order.sort((a, b) => mean(b) - mean(a));
  const list = most ? order.slice(0, most) : order;
  return (
    <section class={faded ? "bars faded" : "bars"}>
      <h3>{title}</h3>
      <ul>
        {list.map((i) => (
          <li key={names[i]}>
            <span class="bar-name" title={names[i]}>{names[i]}</span>
            <Bar row={rows[i][hour]} max={max} />
            <Small row={rows[i][hour]} say={say} obs={`${obs}#${names[i]}/${hour}`} />
          </li>
        ))}
      </ul>
      {names.length > list.length && <p class="note">{say("moreInTable", { n: names.length - list.length })}</p>}
    </section>
  );
}

/** Bar is one bar on an axis from 0 to max, with a whisker from lo to hi. */
export function Bar({ row, max, tone = "" }: { row: Row | undefined; max: number; tone?: string }) {
  const k = kind(row);
  const at = (v: number) => Math.max(0, Math.min(1000, (v / max) * 1000));
  return (
    <svg class={`bar ${tone}`} viewBox="0 0 1000 20" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" x="0" y="5" width="1000" height="10" rx="0" />
      {row && k !== "suppressed" && k !== "missing" && (
        <>
          <rect class={k === "modelled" ? "fill hollow" : "fill"} x="0" y="5" width={at(row.value ?? 0)} height="10" />
          <path class="whisker" d={`M${at(row.lo)},10H${at(row.hi)}M${at(row.lo)},5V15M${at(row.hi)},5V15`} />
        </>
      )}
    </svg>
  );
}
