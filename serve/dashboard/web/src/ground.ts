// The zones of a geography, unpacked for drawing and hit testing, in metres of the plane.

import type { Geography, ZoneShape } from "./wire.ts";
import type { Plane } from "./laea.ts";

export type Ring = Float64Array; // x, y, x, y, ...; closed

export interface Zone {
  index: number;
  id: string;
  name: string;
  parent: number; // index, or -1
  children: number[];
  level: number;
  rings: Ring[];
  polys: number[]; // rings of each polygon
  point: [number, number] | null;
  box: [number, number, number, number];
  km2: number; // 0 for a point
  centre: [number, number];
}

export interface Ground {
  id: string;
  version: string;
  plane: Plane;
  zones: Zone[];
  index: Map<string, number>;
  levels: number[]; // levels that can be shown, coarse to fine
  levelNames: Record<string, string>;
  places: { id: string; name: string; x: number; y: number }[]; // the public list, metres
  points: boolean; // the finest zones have no borders
}

export function unpack(g: Geography): Ground {
  const index = new Map(g.zones.map((z, i) => [z.id, i]));
  const zones = g.zones.map((z, i) => unpackZone(z, i, index));
  for (const z of zones) if (z.parent >= 0) zones[z.parent].children.push(z.index);
  for (const z of zones) if (!z.rings.length && !z.point) placeFromChildren(zones, z);
  const drawable = [...new Set(zones.filter((z) => z.rings.length || z.point).map((z) => z.level))].sort((a, b) => a - b);
  const finest = zones.filter((z) => !z.children.length);
  return {
    id: g.id,
    version: g.version,
    plane: g.proj,
    zones,
    index,
    levels: drawable.filter((l) => show(zones, l).length > 1 || drawable.length === 1),
    levelNames: g.levels ?? {},
    places: g.places ?? [],
    points: finest.filter((z) => z.point).length > finest.length / 2,
  };
}

function unpackZone(z: ZoneShape, i: number, index: Map<string, number>): Zone {
  const rings = (z.rings ?? []).map(decode);
  const zone: Zone = {
    index: i,
    id: z.id,
    name: z.name || z.id,
    parent: (z.parent && index.get(z.parent)) ?? -1,
    children: [],
    level: z.level,
    rings,
    polys: z.polys ?? (rings.length ? [rings.length] : []),
    point: z.point ?? null,
    box: [Infinity, Infinity, -Infinity, -Infinity],
    km2: rings.length ? 0 : (z.km2 ?? 0),
    centre: z.point ?? [0, 0],
  } as Zone;
  if (typeof zone.parent !== "number") zone.parent = -1;
  if (z.point) zone.box = [z.point[0], z.point[1], z.point[0], z.point[1]];
  for (const r of rings) grow(zone.box, r);
  if (rings.length) {
    let at = 0;
    let largest = 0;
    let first = 0;
    for (const n of zone.polys) {
      const km2 = Math.abs(area(rings[at])) / 1e6;
      zone.km2 += km2;
      for (let k = 1; k < n; k++) zone.km2 -= Math.abs(area(rings[at + k])) / 1e6;
      if (km2 > largest) [largest, first] = [km2, at];
      at += n;
    }
    zone.centre = inside(rings[first]);
  }
  return zone;
}

function placeFromChildren(zones: Zone[], z: Zone) {
  const kids = z.children.map((i) => zones[i]);
  if (!kids.length) return;
  for (const k of kids) grow(z.box, Float64Array.of(k.box[0], k.box[1], k.box[2], k.box[3]));
  z.centre = [(z.box[0] + z.box[2]) / 2, (z.box[1] + z.box[3]) / 2];
}

/** decode undoes the delta coding of a ring and closes it. */
export function decode(packed: number[]): Ring {
  const n = packed.length;
  let x = 0;
  let y = 0;
  const out: number[] = [];
  for (let i = 0; i < n; i += 2) out.push((x += packed[i]), (y += packed[i + 1]));
  if (n >= 4 && (out[0] !== out[n - 2] || out[1] !== out[n - 1])) out.push(out[0], out[1]);
  return Float64Array.from(out);
}

function grow(box: [number, number, number, number], r: Ring) {
  for (let i = 0; i < r.length; i += 2) {
    box[0] = Math.min(box[0], r[i]);
    box[1] = Math.min(box[1], r[i + 1]);
    box[2] = Math.max(box[2], r[i]);
    box[3] = Math.max(box[3], r[i + 1]);
  }
}

/** area is the signed area of a ring in square metres; the plane is equal-area, so it is the area on the ground. */
export function area(r: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i + 3 < r.length; i += 2) sum += (r[i] - r[0]) * (r[i + 3] - r[1]) - (r[i + 2] - r[0]) * (r[i + 1] - r[1]);
  return sum / 2;
}

// inside finds a point well inside a ring, for its label: the middle of the widest stretch on some horizontal lines.
function inside(r: Ring): [number, number] {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  grow(box, r);
  let best: [number, number] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
  let score = -1;
  for (let k = 1; k < 12; k++) {
    const y = box[1] + ((box[3] - box[1]) * k) / 12;
    const xs: number[] = [];
    for (let i = 0; i + 3 < r.length; i += 2) {
      if (r[i + 1] > y !== r[i + 3] > y) xs.push(r[i] + ((y - r[i + 1]) / (r[i + 3] - r[i + 1])) * (r[i + 2] - r[i]));
    }
    xs.sort((p, q) => p - q);
    for (let i = 0; i + 1 < xs.length; i += 2) {
      const s = (xs[i + 1] - xs[i]) * (1 - Math.abs(k - 6) / 9);
      if (s > score) [score, best] = [s, [(xs[i] + xs[i + 1]) / 2, y]];
    }
  }
  return best;
}

/** show lists the zones drawn on a level: those of the level, and coarser ones that are not divided further. */
export function show(zones: Zone[], level: number): Zone[] {
  return zones.filter((z) => z.level === level || (z.level < level && !z.children.length));
}

/** holds says whether a zone's borders hold a point. */
export function holds(z: Zone, x: number, y: number): boolean {
  if (x < z.box[0] || x > z.box[2] || y < z.box[1] || y > z.box[3]) return false;
  let odd = false;
  for (const r of z.rings) if (ringHolds(r, x, y)) odd = !odd;
  return odd;
}

export function ringHolds(r: ArrayLike<number>, x: number, y: number): boolean {
  let odd = false;
  for (let i = 0; i + 3 < r.length; i += 2) {
    if (r[i + 1] > y !== r[i + 3] > y && x < r[i] + ((y - r[i + 1]) / (r[i + 3] - r[i + 1])) * (r[i + 2] - r[i])) odd = !odd;
  }
  return odd;
}

/** first is the box that a first look should show: all of the finest zones, or, of places far apart, the largest group
 * of places with one parent when it holds a third of them. */
export function first(g: Ground): [number, number, number, number] {
  if (!g.points) return view(g);
  const groups = g.zones.filter((z) => z.children.length > 2).sort((a, b) => b.children.length - a.children.length);
  const all = g.zones.filter((z) => !z.children.length).length;
  if (!groups.length || groups[0].children.length < all / 3) return view(g);
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const i of groups[0].children) grow(box, Float64Array.of(...g.zones[i].box));
  return box;
}

/** view is the box of the zones of the finest level. */
export function view(g: Ground): [number, number, number, number] {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  const finest = Math.max(...g.zones.map((z) => z.level));
  for (const z of g.zones) {
    if (z.level === finest && z.box[0] <= z.box[2]) grow(box, Float64Array.of(z.box[0], z.box[1], z.box[2], z.box[3]));
  }
  return box;
}
