// People around the places of the public list at the hour in view, within one, three or five kilometres. A place is a button: it
// draws its circle on the map.

import { useMemo, useState } from "preact/hooks";
import * as api from "./api.ts";
import { Bar } from "./chart/bars.tsx";
import { Small } from "./chart/number.tsx";
import { locals } from "./clock.ts";
import { kind } from "./figure.ts";
import type { Ground } from "./ground.ts";
import { useLoaded } from "./load.ts";
import { Trouble } from "./trouble.tsx";
import type { Say } from "./words.ts";

const radii = [1000, 3000, 5000];

export function Near({ ground, day, now, say, circleTo }: { ground: Ground; day: string; now: string; say: Say; circleTo(x: number, y: number, radius: number): void }) {
  const [radius, choose] = useState(radii[0]);
  const got = useLoaded(`${ground.id}/${ground.version}/${day}/${radius}`, () => api.catchments(day, radius));
  const rows = useMemo(() => {
    const all = got.data?.rows ?? [];
    const hours = locals([...new Set(all.map((r) => r.time))].sort(), got.data?.time_zone ?? "UTC");
    const times = [...new Set(all.map((r) => r.time))].sort();
    const time = times[hours.indexOf(now)];
    const max = Math.max(1, ...all.map((r) => (kind(r) === "suppressed" || kind(r) === "missing" ? 0 : r.hi)));
    return { max, of: new Map(all.filter((r) => r.time === time).map((r) => [r.place, r])) };
  }, [got.data, now]);
  const places = [...(got.data?.places ?? [])].sort((a, b) => (rows.of.get(b.id)?.estimate ?? -1) - (rows.of.get(a.id)?.estimate ?? -1)).slice(0, 12);
  return (
    <section class="bars near wide-names">
      <h3>{say("near")}</h3>
      <div class="choice" role="group" aria-label={say("radius")}>
        {radii.map((r) => <button key={r} class="segment" aria-pressed={r === radius} onClick={() => choose(r)}>{say("km", { n: r / 1000 })}</button>)}
      </div>
      {got.error ? <Trouble error={got.error} say={say} retry={got.retry} /> : (
        <ul class={got.stale ? "faded" : ""}>
          {places.map((p) => {
            const at = ground.places.find((q) => q.id === p.id);
            return (
              <li key={p.id}>
                <span class="bar-name"><button class="link" onClick={() => at && circleTo(at.x, at.y, radius)}>{p.name}</button> <span class="margin">{say("residentsNear", { n: Number(p.residents.toPrecision(2)) })}</span></span>
                <Bar row={rows.of.get(p.id)} max={rows.max} />
                <Small row={rows.of.get(p.id)} say={say} obs={`${got.data?.id}#${p.id}`} />
              </li>
            );
          })}
        </ul>
      )}
      <p class="note">{say("nearMeans", { n: radius / 1000 })}</p>
    </section>
  );
}
