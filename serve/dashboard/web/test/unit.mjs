// Tests of the parts of the page that need no browser. Run with node --test.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { geography, random } from "./region.mjs";

const src = join(dirname(fileURLToPath(import.meta.url)), "..", "src");

async function load(name) {
  const outfile = join(tmpdir(), `throng-unit-${process.pid}-${name}.mjs`);
  await build({ entryPoints: [join(src, name + ".ts")], bundle: true, format: "esm", outfile, logLevel: "error" });
  return import(pathToFileURL(outfile));
}

const [words, figure, clock, colour, link, laea, ground, download, answer, catalogue, live] = await Promise.all(
  ["words", "figure", "clock", "colour", "link", "laea", "ground", "download", "answer", "catalogue", "live"].map(load));

const messages = Object.fromEntries(["en", "fr", "zh"].map((l) => [l, JSON.parse(readFileSync(join(src, "message", l + ".json"), "utf8"))]));

const sources = readdirSync(src, { recursive: true }).filter((f) => /\.tsx?$/.test(f)).map((f) => readFileSync(join(src, f), "utf8")).join("\n");

test("every message is in every language, with the same values", () => {
  const holes = (s) => [...new Set([...s.matchAll(/\{(\w+)[,}]/g)].map((m) => m[1]))].sort().join();
  for (const lang of ["fr", "zh"]) {
    assert.deepEqual(Object.keys(messages[lang]), Object.keys(messages.en));
    for (const [key, text] of Object.entries(messages[lang])) assert.equal(holes(text), holes(messages.en[key]), `${lang} ${key}`);
  }
});

test("no message is unused", () => {
  for (const key of Object.keys(messages.en)) {
    if (/^(gender|unit|role)\./.test(key)) continue; // made from codes
    assert.ok(sources.includes(`"${key}"`), `message ${key} is used nowhere`);
  }
});

test("plural forms are those of the language", () => {
  for (const [lang, all] of Object.entries(messages)) for (const [key, text] of Object.entries(all)) {
    if (!text.includes("plural,")) continue;
    for (const form of new Intl.PluralRules(lang).resolvedOptions().pluralCategories) {
      if (form !== "many") assert.ok(text.includes(form + " {"), `${lang} ${key} has no form ${form}`);
    }
    for (const n of [0, 1, 2, 21]) assert.ok(!/[{}#]/.test(words.fill(text, { n, value: "v", margin: "m", about: "a", place: "p", when: "w", what: "x", day: "d", hour: "h", rho: "r" }, lang)), `${lang} ${key} ${n}`);
  }
});

test("the language is the link's, then the one kept, then the browser's, then English", () => {
  assert.equal(words.preferred("zh", "fr", ["en"]), "zh");
  assert.equal(words.preferred("xx", "fr", ["en"]), "fr");
  assert.equal(words.preferred("", null, ["de", "fr-CA"]), "fr");
  assert.equal(words.preferred(undefined, null, ["de"]), "en");
});

test("numbers are shown to the leading digit of their margin", () => {
  const shown = (estimate, margin) => {
    const a = figure.about(figure.cell("", estimate, margin / figure.z95), "en");
    return `${a.value} ± ${a.margin}`;
  };
  assert.equal(shown(12345, 412), "12,300 ± 400");
  assert.equal(shown(12345, 38), "12,350 ± 40");
  assert.equal(shown(12345, 0.4), "12,345 ± 1");
  assert.equal(shown(12345, 0), "12,345 ± 0");
  assert.equal(shown(-20, 8), "0 ± 8");
});

test("differences have a sign, and a digit more where their margin begins with 1 or 2", () => {
  const shown = (estimate, margin, lang = "en") => Object.values(figure.signed(estimate, margin / figure.z95, lang)).join(" ± ");
  assert.equal(shown(-118, 102), "-120 ± 100");
  assert.equal(shown(1234, 25), "+1,234 ± 25");
  assert.equal(shown(1234, 45), "+1,230 ± 50");
  assert.equal(shown(-0.2, 0.5), "0 ± 1");
  assert.equal(figure.signedPercent(12.4, "en"), "+12%");
  assert.equal(figure.signedPercent(-0.3, "en"), "0%");
});

test("a forecast follows the newest day, and hours without one are missing", () => {
  const f = (time, estimate) => ({ time, weeks: 4, value: estimate, estimate, forecast_sd: 10, lo: estimate - 32, hi: estimate + 32, reliable: true, status: "forecast" });
  const got = { id: "q", tables: [{ by: "time", rows: [figure.cell("2026-03-03T22:00:00Z", 100, 5)] }], forecast: { releases: [], rows: [f("2026-03-03T23:00:00Z", 90), f("2026-03-04T01:00:00Z", 80)] } };
  const a = answer.ahead(got, "Europe/Paris");
  assert.deepEqual(a.hours, ["2026-03-03T23", "2026-03-04T00", "2026-03-04T01", "2026-03-04T02"]);
  assert.equal(a.from, 1);
  assert.deepEqual(a.rows.map((r) => r.estimate), [100, 90, null, 80]);
  assert.deepEqual([a.rows[1].lo, a.rows[1].hi], [58, 122]);
  assert.equal(answer.ahead({ id: "q", tables: [] }, "UTC").rows.length, 0);
});

test("the usual of an hour stands beside it", () => {
  const rows = [figure.cell("2026-03-03T08:00:00Z", 9, 1), figure.cell("2026-03-03T07:00:00Z", 8, 1)];
  const u = { time: "2026-03-03T08:00:00Z", weeks: 2, clear: true };
  assert.deepEqual(answer.arrange({ id: "q", tables: [{ by: "time", rows }], usual: { releases: [], rows: [u] } }, "k", "UTC").usual, [undefined, u]);
  assert.deepEqual(answer.arrange({ id: "q", tables: [{ by: "time", rows }] }, "k", "UTC").usual, []);
});

test("four kinds of nothing are told apart", () => {
  assert.equal(figure.kind(undefined), "missing");
  assert.equal(figure.kind(figure.cell("", null, 1)), "missing");
  assert.equal(figure.kind(figure.cell("", 100, 31)), "suppressed");
  assert.equal(figure.kind(figure.cell("", 100, 30)), "value");
  assert.equal(figure.kind(figure.cell("", 0, 0)), "zero");
  assert.equal(figure.kind(figure.cell("", 100, 1, "modelled")), "modelled");
  assert.equal(figure.kind(figure.cell("", 100, 1, "measured")), "value");
  assert.equal(figure.kind(figure.sum("", [figure.cell("", 5, 1), figure.cell("", null, null)])), "missing");
});

test("sums add variances", () => {
  const s = figure.sum("", [figure.cell("", 10, 3), figure.cell("", -4, 4)]);
  assert.deepEqual([s.estimate, s.noise_sd, s.value], [6, 5, 6]);
});

test("hours are those of the release's zone, also when clocks change", () => {
  const hours = (from, n) => Array.from({ length: n }, (_, i) => new Date(Date.parse(from) + i * 3600e3).toISOString());
  assert.equal(clock.local("2026-03-03T07:00:00Z", "Europe/Paris"), "2026-03-03T08");
  assert.deepEqual(clock.locals(hours("2026-03-28T23:00:00Z", 4), "Europe/Paris").map((h) => h.slice(11)), ["00", "01", "03", "04"]);
  assert.deepEqual(clock.locals(hours("2026-10-24T23:00:00Z", 4), "Europe/Paris").map((h) => h.slice(11)), ["01", "02", "02b", "03"]);
  assert.equal(clock.hourName("2026-03-03T23"), "23:00–24:00");
  assert.equal(clock.daysOf("2028-02").length, 29);
});

test("class limits ascend and are readable", () => {
  const r = random("limits");
  for (let k = 0; k < 300; k++) {
    const n = 1 + Math.floor(r() * 60);
    const values = Array.from({ length: n }, () => (r() - 0.1) * 10 ** (r() * 6));
    const l = colour.limits(values, k % 2 === 0);
    assert.equal(l.length, 6);
    for (let i = 1; i < 6; i++) assert.ok(l[i] > l[i - 1], `limits ${l} of ${n} values do not ascend`);
  }
  assert.equal(colour.classOf(0, [1, 2, 3, 4, 5, 6]), 0);
  assert.equal(colour.classOf(3, [1, 2, 3, 4, 5, 6]), 3);
  assert.equal(colour.classOf(9, [1, 2, 3, 4, 5, 6]), 6);
});

test("neighbouring classes differ in lightness by 6 or more, few is nearest to the page", () => {
  const light = (hex) => {
    const [r, g, b] = colour.channels(hex).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    const y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    return y > 0.008856 ? 116 * Math.cbrt(y) - 16 : 903.3 * y;
  };
  for (const [theme, p] of Object.entries(colour.palettes)) {
    const l = p.ramp.map(light);
    for (let i = 1; i < 7; i++) assert.ok(Math.abs(l[i] - l[i - 1]) >= 6, `${theme} ${i}: ${l}`);
    assert.ok(Math.abs(l[0] - light(p.paper)) < Math.abs(l[6] - light(p.paper)), theme);
  }
});

test("the link holds the state, and any link opens", () => {
  const s = { screen: "flows", p: "", t: "2026-03-03T08", z: ["77288", "77186"], a: "1.2.3.4.5.6", m: "total", n: "1", u: "day", f: "hour", v: "1,2,3.5", l: "zh", th: "dark", rest: [["x", "1"]] };
  const [path, search] = link.write(s).split("?");
  assert.deepEqual(link.read(path, search), s);
  const r = random("links");
  for (let k = 0; k < 500; k++) {
    const text = Array.from({ length: 40 }, () => "tzamnvlfp=&.%;,-~0129aé<\""[Math.floor(r() * 25)]).join("");
    const state = link.read("/x", "?" + text);
    link.unpackRing(state.a);
    assert.ok(state.screen === "now" && link.write(state).startsWith("/"));
  }
});

test("a perimeter survives the link to a metre", () => {
  const ring = [[2.35123, 48.85661], [2.36, 48.85], [2.34999, 48.84], [2.35123, 48.85661]];
  assert.deepEqual(link.unpackRing(link.packRing(ring)), ring);
  for (const bad of ["", "1.2", "a.b.c.d.e", "zzzzzzz.zzzzzzz.1.1.1.1", "1..2.3.4.5", Array(500).fill("1").join(".")]) assert.equal(link.unpackRing(bad), null, bad);
});

test("the plane is that of EPSG:3035, and degrees come back", () => {
  const europe = { lat0: 52, lon0: 10, fe: 4321000, fn: 3210000 };
  const nairobi = { lat0: -1.29, lon0: 36.82, fe: 0, fn: 0 };
  const published = [ // the same points as in the server's tests; the first is that of EPSG:3035
    [europe, 50, 5, 3962799.451, 2999718.853], [europe, 38.7223, -9.1393, 2665519.214, 1946764.045],
    [europe, 59.437, 24.7536, 5153013.447, 4124198.393], [nairobi, -1.2, 36.9, 8903.621, 9951.595], [europe, 52, 10, 4321000, 3210000],
  ];
  for (const [plane, lat, lon, x, y] of published) {
    const got = laea.toPlane(plane, lon, lat);
    assert.ok(Math.abs(got[0] - x) < 0.0006 && Math.abs(got[1] - y) < 0.0006, `${lat} ${lon}: ${got}`);
  }
  const r = random("plane");
  for (let k = 0; k < 300; k++) {
    const [lon, lat] = [r() * 40 - 10, r() * 35 + 35];
    const back = laea.toDegrees(europe, ...laea.toPlane(europe, lon, lat));
    assert.ok(Math.abs(back[0] - lon) < 1e-9 && Math.abs(back[1] - lat) < 1e-9, `${lon} ${lat} ${back}`);
  }
});

test("zones are unpacked, and parents hold their children's area", () => {
  const g = ground.unpack(geography());
  assert.deepEqual(g.levels, [0, 1]);
  for (const z of g.zones) {
    assert.ok(ground.holds(z, ...z.centre), `${z.id} does not hold its label`);
    if (!z.children.length) continue;
    const sum = z.children.reduce((s, i) => s + g.zones[i].km2, 0);
    assert.ok(Math.abs(sum - z.km2) < 1e-6 * z.km2, `${z.id}: ${z.km2}, children ${sum}`);
  }
  assert.deepEqual([...ground.decode([1, 2, 3, 0, 0, 3])], [1, 2, 4, 2, 4, 5, 1, 2]);
});

test("files cannot carry a formula, and say what they are", () => {
  assert.equal(download.quote("=1+1"), "'=1+1");
  assert.equal(download.quote("-12.5"), "-12.5");
  assert.equal(download.quote('a "b", c'), '"a ""b"", c"');
  const about = { product: "present", place: "Île d’Or <b>", period: "2026-03-03", release: "r", revision: 0, data: "synthetic" };
  assert.equal(download.fileName(about), "throng_present_I-le-d-Or-b_2026-03-03_r0.csv");
  const a = answer.arrange({ id: "q", tables: [{ by: "gender", rows: [{ ...figure.cell("2026-03-03T07:00:00Z", 3, 1), gender: "F" }] }, { by: "time", rows: [figure.cell("2026-03-03T07:00:00Z", 9, 2)] }] }, "k", "Europe/Paris");
  const lines = download.csv(a, about).trim().split("\r\n");
  assert.equal(lines.length, 3);
  for (const line of lines.slice(1)) assert.match(line, /,synthetic$/);
});

test("the latest revision answers, and what is embargoed does not", () => {
  const r = (revision, name = "2026-03-03") => ({ id: `p-${name}-r${revision}`, product: "present", revision, period: { name, start: name } });
  assert.deepEqual(catalogue.latest([r(0), r(1), r(0, "2026-03-04")]).map((x) => x.id), ["p-2026-03-04-r0", "p-2026-03-03-r1"]);
});

// bin is a release of a quarter of an hour.
const bin = (start, more = {}) => {
  const from = Date.parse(start);
  return { id: "bin " + start, product: "present-live", revision: 0, period: { name: start.slice(0, 16) + "Z", start, end: new Date(from + 900e3).toISOString(), time_zone: "Europe/Paris" },
    not_before: new Date(from + 1560e3).toISOString(), ...more };
};

test("a missing bin has its place on the time bar, and an older one is reached", () => {
  const bins = ["2026-02-10T10:45:00Z", "2026-02-10T10:15:00Z", "2026-02-10T10:00:00Z", "2026-02-09T08:00:00Z"].map((s) => bin(s));
  const slots = live.slotsOf(bins);
  assert.equal(slots.length, 48); // twelve hours
  assert.deepEqual(slots.slice(-4).map((s) => [s.name, s.code, s.release?.id ?? ""]), [
    ["2026-02-10T11:00/15", "2026-02-10T10:00Z", "bin 2026-02-10T10:00:00Z"], ["2026-02-10T11:15/15", "2026-02-10T10:15Z", "bin 2026-02-10T10:15:00Z"],
    ["2026-02-10T11:30/15", "2026-02-10T10:30Z", ""], ["2026-02-10T11:45/15", "2026-02-10T10:45Z", "bin 2026-02-10T10:45:00Z"]]);
  assert.equal(live.slotsOf(bins, "2026-02-09T08:00Z")[0].code, "2026-02-09T08:00Z");
  assert.equal(live.slotsOf(bins.slice(0, 3)).length, 4); // not before there was anything
  assert.deepEqual(live.slotsOf([]), []);
});

test("bins are named by local time, also when clocks go back", () => {
  assert.deepEqual(clock.binsOf(["2026-10-25T00:45:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:45:00Z"], "Europe/Paris", 15), ["2026-10-25T02:45/15", "2026-10-25T02:00/15", "2026-10-25T02:45b/15"]);
  assert.equal(clock.hourName("2026-10-25T02:45b/15"), "02:45–03:00");
  assert.equal(clock.hourName("2026-02-10T23:45/15"), "23:45–24:00");
  assert.equal(clock.hourStart("2026-02-10T23:45/15"), "23:45");
  assert.equal(clock.binEnd("2026-02-10T08:00/30"), "08:30");
  assert.equal(clock.ageName(22, "en"), "22 minutes ago");
  assert.equal(clock.ageName(300, "fr"), "il y a 5 heures");
});

test("a live count is late after two bins and has stopped after eight, and never before the next is due", () => {
  const of = (b, minutes) => live.ageOf(b, Date.parse(b.period.end) + minutes * 60e3);
  const quarter = bin("2026-02-10T10:45:00Z");
  for (const [minutes, state] of [[11, "fresh"], [30, "fresh"], [31, "late"], [120, "late"], [121, "stopped"]]) assert.deepEqual(of(quarter, minutes), { minutes, state });
  const short = bin("2026-02-10T10:45:00Z", { period: { ...quarter.period, end: "2026-02-10T10:50:00Z" }, not_before: "2026-02-10T11:01:00Z" }); // five minutes, due every five, eleven after
  for (const [minutes, state] of [[16, "fresh"], [17, "late"], [41, "stopped"]]) assert.equal(of(short, minutes).state, state);
});

test("the first screen is live when no day is newer than the newest bin, or when the link says so", () => {
  const c = { releases: [bin("2026-02-10T10:45:00Z")], root: { products: ["present-live"] } };
  const day = { id: "d", product: "present", revision: 0, period: { name: "2026-02-09", start: "2026-02-08T23:00:00Z", end: "2026-02-09T23:00:00Z" } };
  assert.ok(live.isLive(c, "", ""));
  assert.ok(live.isLive({ ...c, releases: [...c.releases, day] }, "", ""));
  assert.ok(!live.isLive({ ...c, releases: [{ ...day, period: { ...day.period, end: "2026-02-10T23:00:00Z" } }, ...c.releases] }, "", ""));
  assert.ok(live.isLive(c, "2026-02-10T10:30Z", "") && live.isLive(c, "live", "present") && !live.isLive(c, "2026-02-09T12", "") && !live.isLive(c, "live", "vehicles") && !live.isLive({ ...c, releases: [day] }, "live", ""));
});

test("each bin has its row, and one that is missing has none", () => {
  const slots = live.slotsOf(["2026-02-10T10:45:00Z", "2026-02-10T10:15:00Z"].map((s) => bin(s)));
  const row = (time, estimate, more = {}) => ({ time, estimate, noise_sd: 1, value: estimate, lo: 0, hi: 9, reliable: true, ...more });
  const got = answer.arrange({ id: "q", tables: [
    { by: "time", rows: [row("2026-02-10T10:45:00Z", 7), row("2026-02-10T10:15:00Z", 5)] },
    { by: "gender", dims: [{ name: "time", codes: [] }, { name: "gender", codes: ["F"] }], rows: [row("2026-02-10T10:45:00Z", 3, { gender: "F" })] }, { by: "age", dims: [{ name: "time", codes: [] }, { name: "age", codes: [] }], rows: [] }] }, "k", "UTC");
  const a = live.inSlots(got, slots);
  assert.deepEqual(a.rows.map((r) => r.estimate), [5, null, 7]);
  assert.deepEqual(a.hours, slots.map((s) => s.name));
  assert.deepEqual(a.parts.gender.rows[0].map((r) => r.estimate), [null, null, 3]);
  assert.deepEqual(Object.keys(a.parts), ["gender"]);
});
