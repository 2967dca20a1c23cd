// Files made in the page from the numbers it shows.

import { breakdowns, type Answer } from "./answer.ts";
import type { Row } from "./wire.ts";

export interface About {
  product: string;
  place: string;
  period: string;
  release: string;
  revision: number;
  data: string; // synthetic, public or real: on every row, since a banner does not travel with a file
}

const head = ["place", "time", ...breakdowns, "value", "estimate", "lo", "hi", "noise_sd", "reliable", "status", "release", "revision", "data"];

/** csv writes an answer by RFC 4180: one row for each hour, then one for each hour and code. */
export function csv(a: Answer, about: About): string {
  const lines = [head.join(",")];
  const add = (r: Row, by = "", code = "") => {
    const codes = breakdowns.map((b) => (b === by ? code : ""));
    const rounded = [r.estimate, r.lo, r.hi, r.noise_sd].map((v) => (r.estimate === null || v === null ? "" : Math.round(v * 10) / 10));
    lines.push(
      [about.place, r.time, ...codes, r.value ?? "", ...rounded, r.reliable, r.status ?? "", about.release, about.revision, about.data]
        .map(quote)
        .join(","),
    );
  };
  for (const r of a.rows) add(r);
  for (const by of breakdowns) a.parts[by]?.codes.forEach((code, k) => a.parts[by].rows[k].forEach((r) => add(r, by, code)));
  return lines.join("\r\n") + "\r\n";
}

/** quote writes one field; a name that a spreadsheet would run as a formula gets an apostrophe. */
export function quote(v: unknown): string {
  let s = String(v);
  if (/^[=+\-@\t]/.test(s) && !/^-?\d/.test(s)) s = "'" + s;
  return /[",\r\n]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s;
}

export function save(name: string, text: string, type: string) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** fileName tells product, place, period and revision, in ASCII. */
export function fileName(a: About): string {
  const place = a.place.normalize("NFKD").replace(/[^A-Za-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40) || "place";
  return `throng_${a.product}_${place}_${a.period}_r${a.revision}.csv`;
}
