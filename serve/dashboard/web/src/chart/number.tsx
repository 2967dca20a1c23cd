// Numbers as a reader sees them: always with their margin, or with the word that says why there is none.

import { about, kind, type Kind } from "../figure.ts";
import type { Row } from "../wire.ts";
import type { Say } from "../words.ts";

const signs: Record<Kind, string> = { value: "", zero: "", modelled: "~", suppressed: "·", missing: "–" };

/** word says why a number is not there, or what it is. */
export function word(k: Kind, say: Say): string {
  return { value: "", zero: say("zero"), modelled: say("modelled"), suppressed: say("suppressed"), missing: say("missing") }[k];
}

/** line says a number in one line of text, for tooltips and screen readers. */
export function line(r: Row | undefined, say: Say): string {
  const k = kind(r);
  if (!r || k === "suppressed" || k === "missing") return word(k, say);
  const a = about(r, say.lang);
  return say("about", { value: a.value, margin: a.margin }) + (k === "modelled" ? ` (${say("modelled")})` : "");
}

/** Small is a number with its margin in a list; obs is its address among the results. */
export function Small({ row, say, obs }: { row: Row | undefined; say: Say; obs: string }) {
  const k = kind(row);
  if (!row || k === "suppressed" || k === "missing") {
    return <span class="nothing" data-obs={obs} title={word(k, say)}>{signs[k]}<span class="hidden">{word(k, say)}</span></span>;
  }
  const a = about(row, say.lang);
  return (
    <span class="small-number" data-obs={obs}>
      {a.value} <span class="margin">±&#8239;{a.margin}</span>
      {k === "modelled" && <abbr title={say("modelled")}> ~</abbr>}
    </span>
  );
}

/** Big is the headline number of a place. */
export function Big({ row, say, unit, obs }: { row: Row | undefined; say: Say; unit: string; obs: string }) {
  const k = kind(row);
  if (!row || k === "suppressed" || k === "missing") {
    return (
      <p class="big none" data-obs={obs}>
        <span class="big-sign" aria-hidden="true">{signs[k]}</span>
        <span>{k === "suppressed" ? say("tooFew") : say("noData")}</span>
      </p>
    );
  }
  const a = about(row, say.lang);
  return (
    <p class="big" data-obs={obs}>
      <span class="big-about">{say("aboutWord")}</span> <strong>{a.value}</strong> <span class="big-margin">(±&#8239;{a.margin})</span>{" "}
      <span class="big-unit">{unit}</span>
    </p>
  );
}
