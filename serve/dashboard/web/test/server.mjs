// A small server with the invented region behind the paths of the API, and the built page with the headers of the real
// one. For looking and for tests of the page without the binary.
//
//   node test/server.mjs [port] [--stations]
//   node test/server.mjs [port] --api URL     the built page before the API of a running binary

import { createServer } from "node:http";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { tmpdir } from "node:os";
import { build } from "esbuild";
import * as region from "./region.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "..", "..", "dist");
const behind = process.argv[process.argv.indexOf("--api") + 1];
const onStations = process.argv.includes("--stations");
const laea = await (async () => {
  const outfile = join(tmpdir(), `throng-laea-${process.pid}.mjs`);
  await build({ entryPoints: [join(here, "..", "src", "laea.ts")], bundle: true, format: "esm", outfile, logLevel: "error" });
  return import(pathToFileURL(outfile));
})();

const zone = "Europe/Paris";
const days = ["2026-03-02", "2026-03-03", "2026-03-04"];
const hours = (day, n = 24) => Array.from({ length: n }, (_, h) => new Date(Date.parse(day + "T00:00:00+01:00") + h * 3600e3).toISOString().replace(".000", ""));
const period = (day) => ({ name: day, start: day + "T00:00:00+01:00", end: new Date(Date.parse(day + "T00:00:00+01:00") + 864e5).toISOString().replace(".000", ""), time_zone: zone });
const codes = { gender: ["F", "M", "U"], age: ["0-17", "18-24", "25-44", "45-64", "65+", "U"], origin: ["Host province", "North", "Coast", "Hills", "Lakes", "Plain", "FRA", "DEU", "ITA", "GBR", "CHN", "other", "U"] };
const shares = { gender: [0.5, 0.47, 0.03], age: [0.17, 0.1, 0.32, 0.24, 0.15, 0.02], origin: [0.78, 0.06, 0.04, 0.03, 0.02, 0.02, 0.015, 0.01, 0.008, 0.007, 0.004, 0.004, 0.002] };

const parts = [
  { table: "total", d2: 24, sigma2: 1480, rho: 8_108_109 }, { table: "gender", d2: 24, sigma2: 2220, rho: 5_405_406 },
  { table: "age", d2: 24, sigma2: 2220, rho: 5_405_406 }, { table: "origin", d2: 24, sigma2: 2960, rho: 4_054_055 },
];
const geo = onStations ? { id: "stations", version: "1" } : { id: "invented", version: "1" };
const releases = onStations
  ? [
      { id: "vehicles-2026-03-r0", product: "vehicles", period: { name: "2026-03", start: "2026-03-01T00:00:00+01:00", end: "2026-04-01T00:00:00+02:00", time_zone: zone }, parts: [{ table: "departures", d2: 1, sigma2: 2, rho: 250_000_000 }, { table: "arrivals", d2: 1, sigma2: 2, rho: 250_000_000 }] },
      { id: "flows-month-2026-03-r0", product: "flows-month", period: { name: "2026-03", start: "2026-03-01T00:00:00+01:00", end: "2026-04-01T00:00:00+02:00", time_zone: zone }, parts: [{ table: "total", d2: 1, sigma2: 4, rho: 125_000_000 }] },
    ]
  : [...days].reverse().flatMap((d) => [
      { id: `present-${d}-r0`, product: "present", period: period(d), parts },
      { id: `flows-day-${d}-r0`, product: "flows-day", period: period(d), parts: [{ table: "total", d2: 6, sigma2: 600, rho: 5_000_000 }] },
      { id: `flows-hour-${d}-r0`, product: "flows-hour", period: period(d), parts: [{ table: "total", d2: 6, sigma2: 600, rho: 5_000_000 }] },
    ]);
for (const r of releases) Object.assign(r, { revision: 0, geo, tables: [], not_before: "", licence: "CC-BY-4.0" });

function row(time, estimate, sd, more = {}) {
  const value = Math.max(0, Math.round(estimate));
  return { time, ...more, value, estimate: Math.round(estimate * 10) / 10, noise_sd: Math.round(sd * 10) / 10, lo: Math.round((estimate - 1.96 * sd) * 10) / 10, hi: Math.round((estimate + 1.96 * sd) * 10) / 10, reliable: sd <= 0.3 * Math.max(value, 1), status: "" };
}

const members = (id) => region.finest.map((z, n) => (z.id === id || z.parent === id ? n : -1)).filter((n) => n >= 0);

// people is the estimate of a weighted set of finest zones; all answers are made of it, so that they agree.
function people(day, weights, hour) {
  let estimate = 0;
  let variance = 0;
  for (const [n, w] of weights) {
    estimate += w * region.present(day, n, hour);
    variance += (w * region.sd) ** 2;
  }
  return [estimate, Math.sqrt(variance)];
}

function columns(r, table) {
  const base = { release: r.id, table, kind: "estimate", product: r.product, period: r.period, time_zone: zone };
  if (r.product === "present") {
    const times = hours(r.period.name);
    const ids = region.zones.map((z) => z.id).filter((id) => id !== "m19"); // m19: no data
    const cells = ids.flatMap((id) => times.map((_, h) => people(r.period.name, members(id).map((n) => [n, 1]), h)));
    const near = (v) => Math.round(v * 10) / 10;
    const status = Object.fromEntries(times.map((_, h) => [String(ids.indexOf("m07") * 24 + h), "modelled"]));
    return { ...base, dims: [{ name: "zone", level: "zone", codes: ids }, { name: "time", codes: times }], estimate: cells.map((c) => near(c[0])), noise_sd: cells.map((c) => near(c[1])), value: cells.map((c) => Math.max(0, Math.round(c[0]))), status };
  }
  const ids = onStations ? region.stations.map((s) => s.id) : region.finest.map((z) => z.id);
  if (r.product === "vehicles") {
    const times = hours("2026-03-01", 743);
    const rate = (h) => Math.exp(-(((h % 24) - 8.5) ** 2) / 6) + Math.exp(-(((h % 24) - 17.5) ** 2) / 8) + 0.06;
    const estimate = region.stations.flatMap((s) => times.map((_, h) => Math.round(s.busy * rate(table === "arrivals" ? h - 0.5 : h) + 1.4 * region.normal(table, s.id, h))));
    return { ...base, dims: [{ name: "zone", level: "zone", codes: ids }, { name: "time", codes: times }], estimate, noise_sd: 1.4, value: estimate.map((v) => Math.max(0, v)), status: {} };
  }
  const times = r.product === "flows-hour" ? hours(r.period.name) : [""];
  const estimate = [];
  const noise = onStations ? 2 : 38;
  ids.forEach((a, i) => ids.forEach((b, j) => times.forEach((_, h) => {
    const mass = onStations ? region.stations[i].busy * region.stations[j].busy * 0.4 : (region.finest[i].homes * region.finest[j].homes) / 9e4 / (1 + Math.hypot((i % 6) - (j % 6), (i - j) / 6) ** 2) / (times.length > 1 ? 14 : 1);
    estimate.push(i === j ? 0 : Math.round(mass + noise * region.normal("flow", r.id, i, j, h)));
  })));
  const dims = [{ name: "zone", level: "zone", codes: ids }, { name: "zone2", level: "zone", codes: ids }];
  if (times.length > 1) dims.push({ name: "time", codes: times });
  return { ...base, dims, estimate, noise_sd: noise, value: estimate.map((v) => Math.max(0, v)), status: {} };
}

function inRing(ring, x, y) {
  let odd = false;
  for (let i = 0; i + 1 < ring.length; i++) {
    const [a, b] = [ring[i], ring[i + 1]];
    if (a[1] > y !== b[1] > y && x < a[0] + ((y - a[1]) / (b[1] - a[1])) * (b[0] - a[0])) odd = !odd;
  }
  return odd;
}

function areaOf(ring) {
  let s = 0;
  for (let i = 0; i + 1 < ring.length; i++) s += ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1];
  return Math.abs(s / 2) / 1e6;
}

// overlap is the share of each finest zone inside a ring, from a grid of points.
function overlap(ring) {
  const out = [];
  region.finest.forEach((z, n) => {
    const xs = z.ring.map((p) => p[0]);
    const ys = z.ring.map((p) => p[1]);
    let [all, hit] = [0, 0];
    for (let x = Math.min(...xs); x < Math.max(...xs); x += 400) for (let y = Math.min(...ys); y < Math.max(...ys); y += 400) {
      if (!inRing(z.ring, x, y)) continue;
      all++;
      if (inRing(ring, x, y)) hit++;
    }
    if (hit) out.push([n, hit / all]);
  });
  return out;
}

function query(q) {
  const r = releases.find((x) => x.product === q.product && q.time.startsWith(x.period.start));
  if (!r) return [422, { type: "/problems/period-missing", title: "No release for this time", status: 422, detail: `got ${q.time}`, hint: "choose a released day" }];
  let weights;
  let area = {};
  if (q.area.polygon) {
    const ring = q.area.polygon.coordinates[0].map(([lon, lat]) => laea.toPlane(region.plane, lon, lat));
    weights = overlap(ring);
    if (!weights.length) return [422, { type: "/problems/area-outside", title: "The area is outside", status: 422, detail: "no leaf meets the polygon", hint: "draw inside the covered area" }];
    area = { km2: areaOf(ring), leaves: weights.length, smaller_than_leaf: areaOf(ring) < 6, covered: Math.min(1, weights.reduce((s, [n, w]) => s + w * areaOf(region.finest[n].ring), 0) / areaOf(ring)) };
  } else weights = [...new Set(q.area.zones.flatMap(members))].map((n) => [n, 1]);
  const day = r.period.name;
  const times = hours(day);
  const border = weights.reduce((s, [n, w]) => s + w * (1 - w) * region.finest[n].homes, 0) ** 0.5;
  const tables = q.by.map((by) => ({
    by, dims: [by],
    rows: times.flatMap((t, h) => {
      const [estimate, sd] = people(day, weights, h);
      if (by === "time") return [{ ...row(t, estimate, sd), alloc_sd: border, status: area.smaller_than_leaf ? "modelled" : "" }];
      return codes[by].map((code, k) => row(t, estimate * shares[by][k] * (1 + 0.15 * Math.sin(h + k)) + 40 * region.normal(by, code, h, weights.length), sd * 0.6 + 30, { [by]: code }));
    }),
  }));
  return [200, { id: "q" + Buffer.from(JSON.stringify(q.area)).toString("hex").slice(-25), release: [r.id], area, tables, sources: { method: "Linear allocation of leaves to tiles, made consistent by least squares.", noise: "Discrete Gaussian, independent in every cell.", allocation: "Public footprints; borders by area.", scaling: "Public market share of the holder by zone." }, cost: { rho_release: 0.023, note: "no cost for this question" } }];
}

const ledger = {
  scope: "operator-a", profile: "standard", unit: onStations ? "trip" : "subscriber-day", cap_day: 50_000_000,
  days: Array.from({ length: 30 }, (_, i) => ({ day: new Date(Date.UTC(2026, 1, 3 + i)).toISOString().slice(0, 10), spent: 32_972_976 + (i % 5) * 1_500_000, epsilon_1e9: 1.68 + (i % 5) * 0.04 })),
  spent_total: 1_058_000_000, epsilon_30: 10.1, epsilon_365: 38.2, releases: 90, head: "9f2ac1d05b7e64c8a1b3f0e2d4c6978512ab34cd56ef7890a1b2c3d4e5f60718", seq: 271,
};

function api(path, params, body) {
  if (path === "/v1") return [200, { name: "throng", version: "0.1.0", holder: "Operator A", data: onStations ? "public" : "synthetic", products: [...new Set(releases.map((r) => r.product))], geographies: [geo], links: {} }];
  if (path === "/v1/products") return [200, [...new Set(releases.map((r) => r.product))].map((id) => ({ id, title: id, unit: "people", tables: ["total"], grain: "hour", method: "1" }))];
  if (path === "/v1/releases") return [200, { releases: releases.filter((r) => !params.get("product") || r.product === params.get("product")) }];
  if (path === "/v1/ledger") return [200, ledger];
  if (path === "/v1/geographies/invented/1.json") return [200, region.geography()];
  if (path === "/v1/geographies/stations/1.json") return [200, region.stationGeography()];
  if (path === "/v1/queries") return query(body);
  const m = path.match(/^\/v1\/releases\/([^/]+)\/tables\/([a-z]+)(\.json)?$/);
  const r = m && releases.find((x) => x.id === m[1]);
  return r ? [200, columns(r, m[2])] : [404, { type: "/problems/not-found", title: "Not found", status: 404 }];
}

const headers = {
  "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
};
const types = { js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8", svg: "image/svg+xml", html: "text/html; charset=utf-8", txt: "text/plain; charset=utf-8" };

function page(path) {
  const file = path.startsWith("/assets/") && existsSync(join(dist, path)) && readdirSync(join(dist, "assets")).includes(path.slice(8)) ? path.slice(1) : "index.html";
  return [file, readFileSync(join(dist, file))];
}

const server = createServer(async (req, res) => {
  const url = new URL(req.url, "http://localhost");
  if (!url.pathname.startsWith("/v1")) {
    const [file, bytes] = page(url.pathname);
    res.writeHead(200, { ...headers, "Content-Type": types[file.split(".").pop()] });
    return res.end(bytes);
  }
  let text = "";
  for await (const chunk of req) text += chunk;
  if (process.argv.includes("--api")) return forward(req, text, res);
  const [status, answer] = api(url.pathname, url.searchParams, text ? JSON.parse(text) : null);
  res.writeHead(status, { "Content-Type": status < 400 ? "application/json" : "application/problem+json", "X-Request-Id": "r0001" });
  return res.end(JSON.stringify(answer));
});
async function forward(req, text, res) {
  const answer = await fetch(new URL(req.url, behind), { method: req.method, body: text || undefined, headers: { "Content-Type": "application/json" } });
  res.writeHead(answer.status, { "Content-Type": answer.headers.get("Content-Type"), "X-Request-Id": answer.headers.get("X-Request-Id") ?? "" });
  return res.end(Buffer.from(await answer.arrayBuffer()));
}

const port = Number(process.argv.slice(2).find((a) => /^\d+$/.test(a)) ?? 8070);
server.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}`));
