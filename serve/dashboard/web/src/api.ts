// Requests to the one origin the page came from, what is kept of them, and how failures are told.

import type { Catchments, Geography, League, Ledger, Nowcast, Product, QueryAnswer, Release, Root, Table } from "./wire.ts";

/** A failure in the words of the server (RFC 9457), or of the network when status is 0. */
export class Failure extends Error {
  status: number;
  code: string;
  detail: string;
  hint: string;
  request: string;

  constructor(status: number, problem: Record<string, unknown>, request: string) {
    super(String(problem.title ?? `HTTP ${status}`));
    this.status = status;
    this.code = String(problem.type ?? "").replace(/^.*\//, "");
    this.detail = String(problem.detail ?? "");
    this.hint = String(problem.hint ?? "");
    this.request = request || String(problem.instance ?? "");
  }
}

let pending = 0;
const watchers = new Set<() => void>();

/** busy counts the requests under way. */
export const busy = () => pending;

/** onQuiet calls f whenever requests begin and whenever the last one under way has ended. */
export function onQuiet(f: () => void): () => void {
  watchers.add(f);
  return () => watchers.delete(f);
}

// cut tells a request that was given up from one that the network lost, before or in the middle of its answer.
function cut(err: unknown): never {
  if (err instanceof DOMException && err.name === "AbortError") throw err;
  throw new Failure(0, { title: "offline" }, "");
}

async function request<T>(path: string, init?: RequestInit): Promise<T> {
  pending++;
  if (pending === 1) for (const f of watchers) f();
  try {
    const answer = await fetch(path, init).catch(cut);
    const text = await answer.text().catch(cut);
    if (!answer.ok) {
      let problem: Record<string, unknown> = {};
      try {
        problem = JSON.parse(text);
      } catch {
        problem = { title: answer.statusText };
      }
      throw new Failure(answer.status, problem, answer.headers.get("X-Request-Id") ?? "");
    }
    return JSON.parse(text) as T;
  } finally {
    pending--;
    if (pending === 0) for (const f of watchers) f();
  }
}

// A ring of answers: enough for five days on two screens, then the oldest goes.
const kept = new Map<string, Promise<unknown>>();
const most = 40;

/** forget asks everything again; what has not changed the browser has kept with its ETag. */
export const forget = () => kept.clear();

function get<T>(path: string): Promise<T> {
  const before = kept.get(path);
  if (before) {
    kept.delete(path);
    kept.set(path, before);
    return before as Promise<T>;
  }
  const answer = request<T>(path);
  kept.set(path, answer);
  answer.catch(() => kept.delete(path));
  if (kept.size > most) kept.delete(kept.keys().next().value as string);
  return answer;
}

const part = encodeURIComponent;

/** root says what is served; at is the path of another holder's interface before /v1, "" of the first one's. */
export const root = (at = "") => get<Root>(at + "/v1");
export const products = () => get<Product[]>("/v1/products");
export const ledger = () => get<Ledger>("/v1/ledger").then((l) => ({ ...l, days: l.days ?? [] }));
export const claim = (id: string) => get<Record<string, unknown>>(`/v1/releases/${part(id)}/claim`);

/** releases lists all releases of a product, or of all products, newest first. */
export const releases = (product = "", most = 0, at = "") =>
  get<{ releases: Release[] | null }>(at + "/v1/releases" + (product && `?product=${part(product)}${most ? `&limit=${most}` : ""}`)).then((a) => a.releases ?? []);

export const release = (id: string) => get<Release>(`/v1/releases/${part(id)}`);

export const geography = (id: string, version: string, at = "") =>
  get<Geography>(`${at}/v1/geographies/${part(id)}/${part(version)}.json`);

/** tablePath is the address of a table without its suffix. */
export const tablePath = (release: string, table: string) => `/v1/releases/${part(release)}/tables/${part(table)}`;

export const table = (release: string, name: string, filter = "") =>
  get<Table>(`${tablePath(release, name)}.json?layout=columns${filter}`);

/** catchments tells the people around the places of the public list on one day; radius in metres. */
export const catchments = (day: string, radius: number) => get<Catchments>(`/v1/catchments?radius=${radius}&time=${part(day)}`);

/** nowcast tells who has come and gone, week by week, by origin. */
export const nowcast = () => get<Nowcast>("/v1/nowcast");

/** league ranks the codes of a table; empty parameters are left out. */
export const league = (at: string, parameters: Record<string, string>) =>
  get<League>(`${at}/v1/league?${new URLSearchParams(Object.entries(parameters).filter(([, v]) => v))}`);

export interface Question {
  product: string;
  area: { zones: string[] } | { polygon: { type: "Polygon"; coordinates: number[][][] } };
  time: string;
  by: string[];
  compare?: "usual-day";
  forecast?: number;
  pyramid?: boolean;
}

const answers = new Map<string, QueryAnswer>();

/** query asks about an area. The same question about the same is asked once. */
export async function query(q: Question, signal: AbortSignal, about = ""): Promise<QueryAnswer> {
  const body = JSON.stringify(q);
  const before = answers.get(body + about);
  if (before) return before;
  const answer = await request<QueryAnswer>("/v1/queries", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
    signal,
  });
  answers.set(body + about, answer);
  if (answers.size > most) answers.delete(answers.keys().next().value as string);
  return answer;
}
