// What the server says, as it stands on the wire. Field names are those of the API; nothing is renamed here.

export interface Root {
  name: string;
  version: string;
  holder: string;
  data: "synthetic" | "public" | "real";
  licence?: string;
  products: string[];
  holders?: { name: string; path: string }[]; // served beside this one
}

export interface Product {
  id: string;
  title?: string;
  unit?: string;
  tables?: (string | { name: string })[];
  method?: string;
}

export interface Dim {
  name: string;
  level?: string;
  codes: string[];
}

export interface Part {
  table: string;
  d2: number;
  sigma2: number;
  rho: number; // nano-rho
}

export interface Release {
  id: string;
  product: string;
  period: { name: string; start: string; end: string; time_zone: string };
  revision: number;
  geo: { id: string; version: string };
  parts?: Part[] | null;
  tables?: { kind: string; name: string; dims?: { name: string }[] }[];
  not_before?: string;
  embargoed?: boolean; // it exists, and nothing else of it is told
}

/** What the events release and withdrawal of /v1/live say, and clock. */
export interface LiveRelease {
  id: string;
  product: string;
  period: Release["period"];
}

export interface LiveClock {
  time: string;
  newest: string;
}

export interface Geography {
  id: string;
  version: string;
  crs: string;
  proj: { lat0: number; lon0: number; fe: number; fn: number };
  extent: [number, number, number, number];
  tile: number;
  zones: ZoneShape[];
  places?: { id: string; name: string; kind: string; x: number; y: number }[];
  levels?: Record<string, string>; // names of the levels, where the holder gives them
}

export interface ZoneShape {
  id: string;
  name: string;
  parent?: string;
  level: number;
  residents?: number;
  km2?: number;
  rings?: number[][]; // each x0, y0, dx1, dy1, ... in whole metres
  polys?: number[]; // how many of the rings belong to each polygon
  point?: [number, number];
}

export interface Table {
  release: string;
  table: string;
  product: string;
  time_zone: string;
  dims: Dim[];
  estimate: (number | null)[];
  noise_sd: (number | null)[] | number;
  value?: (number | null)[];
  status?: Record<string, string> | null;
}

export interface Row {
  time: string;
  gender?: string;
  age?: string;
  origin?: string;
  role?: string;
  value: number | null;
  estimate: number | null;
  noise_sd: number | null;
  lo: number;
  hi: number;
  reliable: boolean;
  alloc_sd?: number | null;
  status?: string;
}

export interface QueryTable {
  by: string;
  dims?: Dim[];
  rows: Row[];
}

export interface QueryAnswer {
  id: string;
  release?: string[];
  releases?: string[];
  area?: { km2?: number; leaves?: number; smaller_than_leaf?: boolean; covered?: number; leaf?: { id: string; area_km2: number } };
  tables: QueryTable[];
  modelled?: { method: string; releases: string[] };
  sources?: Record<string, string>;
  cost?: { rho_release?: number; note?: string };
  pyramid?: { method: string; genders: string[]; ages: string[]; rows: Row[] };
  usual?: { releases: string[]; rows: UsualRow[] };
  forecast?: { releases: string[]; rows: ForecastRow[] };
}

export interface UsualRow {
  time: string;
  weeks: number;
  usual: { value: number; estimate: number; noise_sd: number; lo: number; hi: number; reliable: boolean };
  spread: number | null;
  difference: { estimate: number; noise_sd: number; lo: number; hi: number };
  percent: { estimate: number; lo: number; hi: number } | null;
  clear: boolean;
}

export interface ForecastRow {
  time: string;
  weeks: number;
  value: number;
  estimate: number;
  forecast_sd: number;
  lo: number;
  hi: number;
  reliable: boolean;
  status: "forecast";
}

export interface Catchments {
  id: string;
  radius_m: number;
  time_zone: string;
  places: { id: string; name: string; kind: string; lat: number; lon: number; residents: number; leaves: number; smaller_than_leaf: boolean }[];
  rows: (Row & { place: string })[];
}

export interface Week {
  week: string; // its Monday
  before: number;
  mean: number;
  change: number;
  noise_sd: number;
  lo: number;
  hi: number;
  reading: "arrivals" | "departures" | "unclear";
}

export interface Nowcast {
  by: string;
  geo: { id: string; version: string };
  releases: string[];
  series: { code: string; weeks: Week[] }[];
}

export interface Ratio {
  value: number;
  lo: number;
  hi: number;
  reliable: boolean;
}

export interface LeagueLine extends Row {
  code: string;
  best: number;
  worst: number;
  group: number;
  share: Ratio | null;
  per?: Ratio;
  gap?: { estimate: number; noise_sd: number; lo: number; hi: number; best: number; worst: number };
}

export interface League {
  product: string;
  period: string;
  table: string;
  by: string;
  where: Record<string, string>;
  over?: string;
  unit: string; // a currency when there is an exponent
  exponent?: number;
  currencies?: string[];
  geo: { id: string; version: string };
  releases: string[];
  total: Row;
  lines: LeagueLine[];
  clamping?: { currency: string; bound: string; share_cut_at_most: number | null }[];
  sources: { method: string; noise: string; note: string };
}

export interface Ledger {
  scope: string;
  profile: string;
  unit: string;
  cap_day: number;
  days: { day: string; spent: number; epsilon_1e9: number }[] | null;
  spent_total: number;
  epsilon_30?: number;
  epsilon_365?: number;
  releases?: number;
  head?: string;
  seq?: number;
}
