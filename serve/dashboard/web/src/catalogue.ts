// What is published: the holder, the products, and which release answers for which day.

import * as api from "./api.ts";
import { daysOf } from "./clock.ts";
import type { Product, Release, Root } from "./wire.ts";

export interface Catalogue {
  root: Root;
  products: Product[];
  releases: Release[]; // newest first, latest revisions only
  coming: Release[]; // known to come, soonest first
}

/** live is the product of people present while the day goes on; of its many bins the newest are listed. */
export const live = "present-live";
const mostBins = 100;

export async function catalogue(): Promise<Catalogue> {
  const [root, products] = await Promise.all([api.root(), api.products()]);
  const lists = root.products.includes(live) ? root.products.map((id) => api.releases(id, id === live ? mostBins : 0)) : [api.releases()];
  const releases = (await Promise.all(lists)).flat();
  const coming = releases.filter((r) => r.embargoed).sort((a, b) => ((a.not_before ?? "") < (b.not_before ?? "") ? -1 : 1));
  return { root, products, releases: latest(releases.filter((r) => !r.embargoed)), coming };
}

/** latest keeps the highest revision of each product and period, newest period first. */
export function latest(releases: Release[]): Release[] {
  const best = new Map<string, Release>();
  for (const r of releases) {
    const key = `${r.product}/${r.period.name}`;
    const before = best.get(key);
    if (!before || r.revision > before.revision) best.set(key, r);
  }
  return [...best.values()].sort((a, b) => (a.period.start < b.period.start ? 1 : a.period.start > b.period.start ? -1 : 0));
}

/** present and the like: products of the first screen, in the order in which they are offered. */
export const presences = ["present", "vehicles"];

export const flowsBy = ["hour", "day", "month"];

/** of lists the releases of a product, newest first. */
export const of = (c: Catalogue, product: string) => c.releases.filter((r) => r.product === product);

export interface Day {
  day: string;
  release: Release;
}

/** days lists the civil days of a product's releases, ascending; days without a release are left out. */
export function days(c: Catalogue, product: string): Day[] {
  return of(c, product)
    .flatMap((release) => daysOf(release.period.name).map((day) => ({ day, release })))
    .sort((a, b) => (a.day < b.day ? -1 : 1));
}

/** tablesOf names the tables that a release has. */
export function tablesOf(c: Catalogue, r: Release): string[] {
  const parts = (r.parts ?? []).map((p) => p.table);
  const product = c.products.find((p) => p.id === r.product);
  return parts.length ? parts : (product?.tables ?? []).map((t) => (typeof t === "string" ? t : t.name));
}
