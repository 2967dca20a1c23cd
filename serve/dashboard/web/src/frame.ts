// A table of a release with its cells by index: what the map and the flows read.

import type { Row, Table } from "./wire.ts";
import { cell } from "./figure.ts";
import { locals } from "./clock.ts";

export interface Frame {
  table: Table;
  zones: Map<string, number>; // place of a zone in the first dimension
  times: string[]; // instants; one empty string when the table has no time
  hours: string[]; // the same as local hours
  at(...index: number[]): Row;
}

/** frame reads a table that came in columns. */
export function frame(t: Table): Frame {
  const steps: number[] = new Array(t.dims.length);
  let step = 1;
  for (let i = t.dims.length - 1; i >= 0; i--) {
    steps[i] = step;
    step *= t.dims[i].codes.length;
  }
  const time = t.dims.findIndex((d) => d.name === "time");
  const times = time < 0 ? [""] : t.dims[time].codes;
  return {
    table: t,
    zones: new Map((t.dims.find((d) => d.name === "zone")?.codes ?? []).map((c, i) => [c, i])),
    times,
    hours: time < 0 ? [""] : locals(times, t.time_zone),
    at(...index) {
      let k = 0;
      for (let i = 0; i < index.length; i++) k += index[i] * steps[i];
      const sd = typeof t.noise_sd === "number" ? t.noise_sd : t.noise_sd[k];
      return cell(time < 0 ? "" : times[index[time]], t.estimate[k] ?? null, sd ?? null, t.status?.[String(k)] ?? "");
    },
  };
}
