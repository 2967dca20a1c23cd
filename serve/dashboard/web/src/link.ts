// The URL is the state: everything a reader has chosen is in the link, in a fixed order, defaults left out.

export type Screen = "now" | "flows" | "movers" | "tourism" | "market" | "town" | "parked" | "privacy";
export const screens: Screen[] = ["now", "flows", "movers", "tourism", "market", "town", "parked", "privacy"];

export interface State {
  screen: Screen;
  p: string; // product of the screen
  t: string; // local hour, or day
  z: string[]; // zones
  a: string; // perimeter
  m: string; // measure
  n: string; // level of zones
  u: string; // span of a number: hour, day or month
  f: string; // flows: hour, day or month
  v: string; // view: x, y, metres a pixel
  l: string; // language
  th: string; // theme
  rest: [string, string][]; // parameters of other versions: kept, ignored
}

const keys = ["p", "t", "z", "a", "m", "n", "u", "f", "v", "l", "th"] as const;

/** read takes the state from a path and a query string; whatever it cannot read it leaves out. */
export function read(path: string, search: string): State {
  const name = path.replace(/^\/+|\/+$/g, "");
  const s: State = {
    screen: screens.find((x) => x === name) ?? "now",
    p: "", t: "", z: [], a: "", m: "", n: "", u: "", f: "", v: "", l: "", th: "", rest: [],
  };
  for (const [k, v] of new URLSearchParams(search)) {
    if (k === "z") s.z = v.split(".").filter((id) => /^[A-Za-z0-9_-]{1,64}$/.test(id)).slice(0, 50);
    else if ((keys as readonly string[]).includes(k)) s[k as Exclude<(typeof keys)[number], "z">] = v.slice(0, 1500);
    else s.rest.push([k, v]);
  }
  return s;
}

/** write gives the link of a state. */
export function write(s: State): string {
  const out: string[] = [];
  for (const k of keys) {
    const v = k === "z" ? s.z.join(".") : s[k];
    if (v) out.push(`${k}=${encodeURIComponent(v).replace(/%3A/g, ":").replace(/%2C/g, ",")}`);
  }
  for (const [k, v] of s.rest) out.push(`${encodeURIComponent(k)}=${encodeURIComponent(v)}`);
  return `/${s.screen === "now" ? "" : s.screen}${out.length ? "?" + out.join("&") : ""}`;
}

/** packRing writes a ring of longitudes and latitudes with 5 decimals as differences in base 36. */
export function packRing(ring: number[][]): string {
  let x = 0;
  let y = 0;
  const out: string[] = [];
  for (const [lon, lat] of ring.slice(0, -1)) {
    const nx = Math.round(lon * 1e5);
    const ny = Math.round(lat * 1e5);
    out.push((nx - x).toString(36), (ny - y).toString(36));
    [x, y] = [nx, ny];
  }
  return out.join(".");
}

/** unpackRing reads what packRing wrote, closed; null when it is not a ring of 3 to 200 points on Earth. */
export function unpackRing(text: string): number[][] | null {
  const n = text.split(".").map((w) => (/^-?[0-9a-z]{1,7}$/.test(w) ? parseInt(w, 36) : NaN));
  if (n.length < 6 || n.length > 400 || n.length % 2 || n.some(Number.isNaN)) return null;
  const ring: number[][] = [];
  let x = 0;
  let y = 0;
  for (let i = 0; i < n.length; i += 2) ring.push([(x += n[i]) / 1e5, (y += n[i + 1]) / 1e5]);
  if (ring.some(([lon, lat]) => Math.abs(lon) > 180 || Math.abs(lat) > 90)) return null;
  return [...ring, ring[0]];
}
