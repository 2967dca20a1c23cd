// The crowd of the last hours: bins as they are published, how old they are, and the connection that tells of them.

import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "./api.ts";
import { arrange, areaOf, type Answer, type Place } from "./answer.ts";
import { catalogue, latest, live as product, of, type Catalogue } from "./catalogue.ts";
import { binsOf } from "./clock.ts";
import { cell } from "./figure.ts";
import type { Ground } from "./ground.ts";
import type { LiveClock, LiveRelease, Release, Row } from "./wire.ts";

/** Slot is one bin of the time bar, published or not. */
export interface Slot {
  name: string; // local: 2026-02-10T11:45/15
  code: string; // in links: 2026-02-10T10:45Z
  start: string; // 2026-02-10T10:45:00Z
  release: Release | undefined;
}

const reach = 12 * 3600e3; // how far back the time bar goes
const minute = 60e3;
const iso = (ms: number) => new Date(ms).toISOString().replace(".000Z", "Z");
const codeOf = (ms: number) => iso(ms).slice(0, 16) + "Z";

const endOf = (r: Release) => Date.parse(r.period.end);
const startOf = (r: Release) => Date.parse(r.period.start);

/** widthOf is the width of a bin in minutes. */
export const widthOf = (r: Release) => Math.max(1, Math.round((endOf(r) - startOf(r)) / minute));

/** slotsOf lists the bins of the last hours, ascending, with a place for each that is missing; and from an older bin on, when one is wanted. */
export function slotsOf(bins: Release[], wanted = ""): Slot[] {
  if (!bins.length) return [];
  const step = widthOf(bins[0]) * minute;
  const at = new Map(bins.map((b) => [startOf(b), b]));
  const oldest = startOf(bins[bins.length - 1]);
  const asked = at.get(Date.parse(wanted));
  const from = Math.max(oldest, Math.min(endOf(bins[0]) - reach, asked ? startOf(asked) : Infinity));
  const starts: number[] = [];
  for (let t = startOf(bins[0]); t >= from; t -= step) starts.unshift(t);
  const names = binsOf(starts.map(iso), bins[0].period.time_zone, step / minute);
  return starts.map((t, i) => ({ name: names[i], code: codeOf(t), start: iso(t), release: at.get(t) }));
}

/** isLive says whether a link is about the crowd of now: it says so, or says nothing and no day is newer than the newest bin. */
export function isLive(c: Catalogue, t: string, p: string): boolean {
  const bin = of(c, product)[0];
  if (!bin || (p && p !== "present")) return false;
  if (t === "live" || /T\d\d:\d\dZ$/.test(t)) return true;
  const day = of(c, "present")[0];
  return t === "" && (!day || endOf(day) <= endOf(bin));
}

/** Age is how old the newest bin is, and what that means: a bin that should have come is late, many mean that it has stopped. */
export interface Age {
  minutes: number;
  state: "fresh" | "late" | "stopped";
}

/** ageOf compares the newest bin with the clock of the server. A bin comes some minutes after its end, by its not_before. */
export function ageOf(bin: Release, now: number): Age {
  const age = now - endOf(bin);
  const width = endOf(bin) - startOf(bin);
  const next = Math.max(0, Date.parse(bin.not_before ?? "") - endOf(bin) || 0) + width; // when the next one is due
  const state = age > Math.max(8 * width, next) ? "stopped" : age > Math.max(2 * width, next) ? "late" : "fresh";
  return { minutes: Math.max(0, Math.floor(age / minute)), state };
}

/** Wire is the state of the connection. */
export interface Wire {
  now: number; // of the server, ms; of this machine while nothing was heard
  lost: boolean;
  again: boolean; // it was lost and is there again, since a moment ago
  withdrawn: string[]; // starts of bins that were withdrawn while we listened
}

const first = 2000; // until the second try, ms; then twice as long each time
const longest = 60_000;
const silence = 150_000; // without a word, although the clock comes every minute: something on the way holds it back

/** useLive listens, and changes the catalogue when something is published or withdrawn. */
export function useLive(c: Catalogue | undefined, change: (c: Catalogue) => void): Wire {
  const [clock, setClock] = useState({ server: 0, here: 0 });
  const [lost, setLost] = useState(false);
  const [again, setAgain] = useState(false);
  const [withdrawn, setWithdrawn] = useState<string[]>([]);
  const [, turn] = useState(0);
  const latestOf = useRef({ c, change });
  latestOf.current = { c: c ?? latestOf.current.c, change };
  const put = (next: Catalogue) => {
    latestOf.current.c = next;
    latestOf.current.change(next);
  };
  const wanted = !!c && (c.root.products.length === 0 || c.root.products.includes(product));
  useEffect(() => {
    if (!wanted) return;
    let asked = ""; // for which event the lists were read again
    const reload = () => {
      api.forget();
      return catalogue().then(put, () => undefined);
    };
    const heard = (name: string, data: string) => {
      const known = latestOf.current.c as Catalogue;
      if (name === "clock") {
        const { time, newest } = JSON.parse(data) as LiveClock;
        setClock({ server: Date.parse(time), here: Date.now() });
        if (newest && !/^withdrawal-/.test(newest) && newest !== asked && !known.releases.some((r) => r.id === newest)) reload();
        asked = newest;
        return;
      }
      const told = JSON.parse(data) as LiveRelease;
      if (name === "withdrawal") {
        if (told.product === product) setWithdrawn((w) => [...w, told.period.start]);
        put({ ...known, releases: known.releases.filter((r) => r.id !== told.id) });
        return;
      }
      asked = told.id;
      if (!known.root.products.includes(told.product)) void reload();
      else api.release(told.id).then((r) => {
        const now = latestOf.current.c as Catalogue;
        put({ ...now, releases: latest([...now.releases, r]) });
      }, () => undefined);
    };
    let was = false;
    const stop = connect(heard, (gone) => {
      setLost(gone);
      setAgain(was && !gone);
      was = gone;
    }, reload);
    const tick = setInterval(() => turn((n) => n + 1), 15_000);
    return () => {
      clearInterval(tick);
      stop();
    };
  }, [wanted]);
  useEffect(() => {
    if (!again) return;
    const timer = setTimeout(() => setAgain(false), 6000);
    return () => clearTimeout(timer);
  }, [again]);
  const since = Date.now() - clock.here;
  const now = !clock.server ? Date.now() : clock.server + (since > 90_000 ? since : 0);
  return { now, lost, again, withdrawn };
}

// connect holds a connection. One that the network lost the browser takes up again, after the last event; one that was refused, or
// that brings nothing, is tried again less and less often, and the lists are read meanwhile.
function connect(heard: (name: string, data: string) => void, gone: (lost: boolean) => void, reload: () => Promise<unknown>): () => void {
  let source: EventSource | undefined;
  let timer = 0;
  let wait = first;
  const later = () => {
    source?.close();
    gone(true);
    clearTimeout(timer);
    timer = window.setTimeout(() => void reload().then(open), wait);
    wait = Math.min(longest, 2 * wait);
  };
  let over = false;
  const listenOn = () => {
    clearTimeout(timer);
    timer = window.setTimeout(later, silence);
  };
  const open = () => {
    if (over) return;
    source = new EventSource("/v1/live");
    listenOn();
    source.onerror = () => (source?.readyState === EventSource.CLOSED ? later() : gone(true));
    for (const name of ["release", "withdrawal", "clock"]) {
      source.addEventListener(name, (e) => {
        wait = first;
        listenOn();
        gone(false);
        heard(name, (e as MessageEvent<string>).data);
      });
    }
  };
  open();
  return () => {
    over = true;
    clearTimeout(timer);
    source?.close();
  };
}

export interface LiveAsk {
  ground: Ground;
  place: Place;
  slots: Slot[];
  by: string[];
}

/** keyOfLive names a question about the last hours. */
export const keyOfLive = (a: LiveAsk) => (a.slots.length ? JSON.stringify([a.slots.map((s) => s.release?.id ?? ""), a.place, a.by]) : "");

/** askLive asks for all bins of the time bar at once. */
export async function askLive(a: LiveAsk, signal: AbortSignal): Promise<Answer & { modelledOf: string[] }> {
  const end = a.slots.at(-1)?.release?.period.end ?? "";
  const key = keyOfLive(a);
  const got = await api.query({ product, area: areaOf(a), time: `${a.slots[0].start}/${end}`, by: a.by }, signal, key);
  const modelledOf = got.modelled?.releases ?? [];
  const answer = inSlots(arrange(got, key, "UTC"), a.slots);
  return { ...answer, parts: modelledOf.length ? answer.parts : {}, modelledOf };
}

/** inSlots gives each slot its row; one without a release is missing. */
export function inSlots(a: Answer, slots: Slot[]): Answer {
  const at = new Map(a.rows.map((r, i) => [Date.parse(r.time), i]));
  const spread = (rows: Row[]) => slots.map((s) => rows[at.get(Date.parse(s.start)) ?? -1] ?? cell(s.start, null, null));
  const parts = Object.fromEntries(Object.entries(a.parts).filter(([, p]) => p.codes.length).map(([by, p]) => [by, { codes: p.codes, rows: p.rows.map(spread) }]));
  return { ...a, hours: slots.map((s) => s.name), rows: spread(a.rows), parts };
}
