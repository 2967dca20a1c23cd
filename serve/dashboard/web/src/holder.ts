// Those whose releases are served: the holder of the page, and others beside it. What companies and public bodies publish is shown
// alike, whoever publishes it.

import * as api from "./api.ts";
import { latest, type Catalogue } from "./catalogue.ts";
import type { Screen } from "./link.ts";
import type { Release } from "./wire.ts";
import type { Key } from "./words.ts";

export interface Holder {
  at: string; // path before /v1
  name: string;
  releases: Release[]; // newest first
}

/** holders lists them, the first one first. */
export async function holders(c: Catalogue): Promise<Holder[]> {
  const others = (c.root.holders ?? []).map(async ({ path }): Promise<Holder> => {
    const [root, releases] = await Promise.all([api.root(path), api.releases("", 0, path)]);
    return { at: path, name: root.holder, releases: latest(releases.filter((r) => !r.embargoed)) };
  });
  return [{ at: "", name: c.root.holder, releases: c.releases }, ...(await Promise.all(others))];
}

/** View is a ranking on a screen. */
export interface View {
  product: string;
  table: string;
  by: string; // "" for the first dimension of the table
  over: string; // see the API; "" for none
  title: Key;
  per?: Key; // what the ratio is called
}

const view = (product: string, table: string, by: string, title: Key, over = "", per?: Key): View => ({ product, table, by, title, over, per });

/** views are the rankings of each screen; the first of a product is on its card. */
export const views: Partial<Record<Screen, View[]>> = {
  tourism: [
    view("spending", "total", "zone", "spendingBy", "buyers", "perBuyer"), view("spending", "total", "category", "spendingByKind", "buyers", "perBuyer"),
    view("bookings", "nights", "zone", "nightsBy", "trips", "perTrip"), view("bookings", "trips", "zone", "tripsBy"),
  ],
  market: [
    view("market", "customers", "zone", "customersBy", "residents", "ofResidents"),
    view("spending", "total", "zone", "spendingBy", "buyers", "perBuyer"), view("spending", "total", "category", "spendingByKind", "buyers", "perBuyer"),
  ],
  town: [view("cases", "total", "zone", "casesBy", "present", "perPresent"), view("cases", "total", "authority", "casesByBody"), view("cases", "total", "reason", "casesByReason")],
  parked: [
    view("reports", "total", "zone", "reportsBy", "vehicles/arrivals", "perArrival"), view("reports", "total", "reason", "reportsByReason"),
    view("vehicles", "departures", "zone", "ridesBy"),
  ],
};

/** Shown is what a screen shows of a holder's product. */
export interface Shown {
  screen: Screen;
  holder: Holder;
  product: string;
  views: View[];
  months: string[]; // ascending
}

// Who sells to members shows what they spend beside where they live; who sells journeys, beside nights.
function belongs(screen: Screen, h: Holder, product: string): boolean {
  const sells = h.releases.some((r) => r.product === "market");
  return product !== "spending" || (screen === "market") === (sells && !h.releases.some((r) => r.product === "bookings"));
}

/** products lists what there is of companies and public bodies, by screen. */
export function products(list: Holder[]): Shown[] {
  const out: Shown[] = [];
  for (const screen of Object.keys(views) as Screen[]) for (const holder of list) {
    for (const product of new Set(views[screen]!.map((v) => v.product))) {
      const months = [...new Set(holder.releases.filter((r) => r.product === product).map((r) => r.period.name.slice(0, 7)))].sort();
      const released = holder.releases.find((r) => r.product === product);
      if (!released || !belongs(screen, holder, product)) continue;
      const has = views[screen]!.filter((v) => v.product === product && fits(v, released));
      if (has.length) out.push({ screen, holder, product, views: has.map((v) => narrow(v, released)), months });
    }
  }
  return out;
}

const tableOf = (r: Release, name: string) => r.tables?.find((t) => t.name === name);

function fits(v: View, r: Release): boolean {
  return !!tableOf(r, v.table)?.dims?.some((d) => d.name === v.by);
}

// narrow leaves out a table to divide by that the release does not have.
function narrow(v: View, r: Release): View {
  const own = v.over && v.over !== "residents" && v.over !== "present" && !v.over.includes("/");
  return own && !tableOf(r, v.over) ? { ...v, over: "" } : v;
}
