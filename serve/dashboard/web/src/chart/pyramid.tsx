// Age by gender. It is not released: it is modelled from the two breakdowns that are, so its bars are hollow and have no figures.

import type { Answer } from "../answer.ts";
import { kind } from "../figure.ts";
import { codeName, type Say } from "../words.ts";

/** PyramidChart draws the hour in view on an axis that holds for the day; nothing where a breakdown of that hour cannot be shown. */
export function PyramidChart({ answer, hour, say }: { answer: Answer; hour: number; say: Say }) {
  const p = answer.pyramid;
  const cells = p?.cells[hour];
  const shown = (by: string, codes: string[]) => codes.every((c) => {
    const k = kind(answer.parts[by]?.rows[answer.parts[by].codes.indexOf(c)]?.[hour]);
    return k !== "missing" && k !== "suppressed";
  });
  if (!p || !cells || cells.flat().includes(null) || !shown("age", p.ages) || !shown("gender", p.genders)) return null;
  const max = Math.max(1, ...p.cells.flat(2).map((v) => v ?? 0));
  const names = p.genders.map((g) => codeName("gender", g, say));
  const bar = (v: number) => Math.min(1, v / max) * 1000;
  return (
    <section class="bars pyramid">
      <h3>{say("pyramid")}</h3>
      <div class="pyramid-head" aria-hidden="true"><span>{names[0]}</span><span /><span>{names[1]}</span></div>
      <div role="img" aria-label={say("pyramidSummary")}>
        {[...p.ages.keys()].reverse().map((a) => (
          <div class="pyramid-row" key={p.ages[a]} aria-hidden="true">
            <svg class="bar" viewBox="0 0 1000 20" preserveAspectRatio="none"><rect class="fill hollow" x={1000 - bar(cells[0][a] ?? 0)} y="3" width={bar(cells[0][a] ?? 0)} height="14" /></svg>
            <span>{codeName("age", p.ages[a], say)}</span>
            <svg class="bar" viewBox="0 0 1000 20" preserveAspectRatio="none"><rect class="fill hollow" x="0" y="3" width={bar(cells[1][a] ?? 0)} height="14" /></svg>
          </div>
        ))}
      </div>
      <p class="note">{say("pyramidMeans")}</p>
    </section>
  );
}
