// An invented region for tests of the page: 24 zones in 4 counties with borders that zones share, three days of people
// by hour, flows between the zones, and, instead, 36 places without borders. Everything follows from fixed seeds.

export const plane = { lat0: 52, lon0: 10, fe: 4321000, fn: 3210000 };

/** random gives numbers in [0, 1) that depend on the words only. */
export function random(...words) {
  let h = 2166136261;
  for (const c of words.join("/")) h = Math.imul(h ^ c.charCodeAt(0), 16777619);
  return () => {
    h = Math.imul(h ^ (h >>> 15), 2246822519);
    h = Math.imul(h ^ (h >>> 13), 3266489917) + 0x9e3779b9;
    return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
  };
}

export function normal(...words) {
  const r = random(...words);
  return Math.sqrt(-2 * Math.log(r() || 1e-9)) * Math.cos(2 * Math.PI * r());
}

const names = ["Aubrive", "Belcourt", "Chanterac", "Dourmont", "Esperel", "Fontaigne", "Givrolles", "Hautecombe", "Illiers", "Jonquerel", "Kermadec", "Lavaur",
  "Montserein", "Noirval", "Orbeval", "Pontarion", "Quincey", "Rochebelle", "Saint-Arnel", "Tourvel", "Ussac", "Valmigne", "Wissant", "Yvrac"];
const counties = ["Nord", "Levant", "Couchant", "Midi"];
const [cols, rows, side] = [6, 4, 9000];
const [x0, y0] = [3950000, 2300000];

function corner(i, j) {
  const r = random("corner", i, j);
  const edge = i === 0 || j === 0 || i === cols || j === rows ? 0.5 : 1;
  return [x0 + i * side + (r() - 0.5) * side * 0.55 * edge, y0 + j * side + (r() - 0.5) * side * 0.55 * edge];
}

// edge is the border between two corners, bent at ever smaller scales; the same from both sides.
function edge(a, b) {
  const [p, q] = [a, b].sort((u, v) => u[0] - v[0] || u[1] - v[1]);
  const bend = (u, v, k, key) => {
    if (k === 0) return [];
    const r = random("edge", key, p, q);
    const d = Math.hypot(v[0] - u[0], v[1] - u[1]);
    const s = (r() - 0.5) * 0.36;
    const m = [(u[0] + v[0]) / 2 - (v[1] - u[1]) * s, (u[1] + v[1]) / 2 + (v[0] - u[0]) * s];
    return d < 300 ? [m] : [...bend(u, m, k - 1, key + "l"), m, ...bend(m, v, k - 1, key + "r")];
  };
  const line = [corner(...p), ...bend(corner(...p), corner(...q), 4, ""), corner(...q)];
  return p === a ? line : line.reverse();
}

function around(corners) {
  const out = [];
  corners.forEach((c, k) => out.push(...edge(c, corners[(k + 1) % corners.length]).slice(0, -1)));
  return [...out, out[0]].map(([x, y]) => [Math.round(x), Math.round(y)]);
}

const delta = (ring) => ring.flatMap(([x, y], i) => (i ? [x - ring[i - 1][0], y - ring[i - 1][1]] : [x, y]));

function zoneShapes() {
  const zones = [];
  for (let c = 0; c < 4; c++) {
    const [a, b] = [(c % 2) * 3, (c >> 1) * 2];
    const walk = [];
    for (let i = 0; i < 3; i++) walk.push([a + i, b]);
    for (let j = 0; j < 2; j++) walk.push([a + 3, b + j]);
    for (let i = 3; i > 0; i--) walk.push([a + i, b + 2]);
    for (let j = 2; j > 0; j--) walk.push([a, b + j]);
    zones.push({ id: `c${c + 1}`, name: counties[c], parent: "", level: 0, ring: around(walk) });
  }
  for (let j = 0; j < rows; j++) for (let i = 0; i < cols; i++) {
    const c = (i >= 3 ? 1 : 0) + (j >= 2 ? 2 : 0);
    const n = j * cols + i;
    zones.push({ id: `m${String(n + 1).padStart(2, "0")}`, name: names[n], parent: `c${c + 1}`, level: 1, ring: around([[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]]) });
  }
  return zones;
}

/** zones of the region, each with its ring in metres and the people who live there. */
export const zones = zoneShapes();
export const finest = zones.filter((z) => z.level === 1);
finest.forEach((z, n) => {
  const middle = Math.hypot((n % cols) - 2.4, Math.floor(n / cols) - 1.6);
  z.homes = Math.round(52000 * Math.exp(-1.15 * middle) + 900 + 2500 * random("homes", n)());
  z.work = Math.exp(-0.5 * middle) * 1.5 - 0.35;
});
finest[23].homes = 110; // too few people for a reliable number

export const leaves = finest.map((z) => ({ id: "l" + z.id, x: z.ring[0][0], y: z.ring[0][1], area_km2: 12 }));

export function geography() {
  const xs = zones.flatMap((z) => z.ring.map((p) => p[0]));
  const ys = zones.flatMap((z) => z.ring.map((p) => p[1]));
  return {
    id: "invented", version: "1", crs: "EPSG:3035", proj: plane, extent: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)], tile: 100,
    zones: zones.map((z) => ({ id: z.id, name: z.name, parent: z.parent, level: z.level, residents: z.homes ?? 0, rings: [delta(z.ring)], polys: [1] })),
    leaves,
  };
}

/** present is the estimate of people in a finest zone at an hour, noise included. */
export function present(day, n, hour) {
  const z = finest[n];
  const sun = Math.exp(-(((hour - 13.5) / 4.2) ** 2));
  const weekend = new Date(day).getUTCDay() % 6 === 0 ? 0.45 : 1;
  return z.homes * (1 + z.work * sun * weekend) + sd * normal("present", day, n, hour);
}
export const sd = 96;
export const stations = Array.from({ length: 36 }, (_, n) => {
  const r = random("station", n);
  const far = r() ** 1.5 * 2600;
  const turn = r() * 7;
  return { id: `s${n + 1}`, name: `${names[n % 24]} ${["Gare", "Place", "Parc"][n % 3]}`, parent: n % 4 ? "town" : "port", point: [Math.round(x0 + 20000 + far * Math.cos(turn)), Math.round(y0 + 16000 + far * Math.sin(turn))], busy: 2 + 70 * r() ** 3 };
});

export function stationGeography() {
  const xs = stations.map((s) => s.point[0]);
  const ys = stations.map((s) => s.point[1]);
  return {
    id: "stations", version: "1", crs: "EPSG:3035", proj: plane, extent: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)], tile: 100,
    zones: [{ id: "town", name: "Town", parent: "", level: 0, residents: 0 }, { id: "port", name: "Port", parent: "", level: 0, residents: 0 },
      ...stations.map((s) => ({ id: s.id, name: s.name, parent: s.parent, level: 1, residents: 0, point: s.point }))],
    leaves: [],
  };
}
