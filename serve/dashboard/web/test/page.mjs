// Uses the page as a reader would, at the width of a desk and of a hand, and fails when anything is not as it should be.
//
//   node test/page.mjs BASEURL
//
// BASEURL serves the page and an API with at least one released day of "present" that has borders; the invented region
// of test/server.mjs does, the binary on a demo folder does too. A feed of trips between places is read by day; its
// counts may all be too uncertain to show, and then the word that says so stands for the number.

import assert from "node:assert/strict";
import { launch, open, ready } from "../browser.mjs";

const base = process.argv[2];
if (!base) {
  console.error("usage: node test/page.mjs BASEURL");
  process.exit(2);
}

const root = await (await fetch(new URL("/v1", base))).json();
const points = !root.products.map((p) => p.id ?? p).includes("present");
const many = !points && (await (await fetch(new URL("/v1/available?product=present", base))).json()).periods?.length >= 15;
const movers = root.products.map((p) => p.id ?? p).includes("nights");
const paths = ["", ...(root.holders ?? []).map((h) => h.path)];
const companies = (await Promise.all(paths.map(async (at) => (await (await fetch(new URL(at + "/v1", base))).json()).products.filter((p) => ["spending", "market", "bookings", "cases", "reports", "vehicles"].includes(p))))).flat();
const margin = points ? /±\s?[\d.,\s\u202f\u00a0]+|Too few/ : /±\s?[\d.,\s\u202f\u00a0]+/;
const sizes = [
  { name: "desk", width: 1280, height: 800, touch: false },
  { name: "hand", width: 390, height: 844, touch: true },
];

/** look counts the colours on the middle of the map: a painted map has several. */
const look = (page) =>
  page.evaluate(() => {
    const painted = document.querySelector("canvas.painter");
    const canvas = new OffscreenCanvas(painted.width, painted.height);
    const c = canvas.getContext("2d", { willReadFrequently: true });
    c.drawImage(painted, 0, 0);
    const seen = new Set();
    for (let i = 0; i < 900; i++) {
      const [r, g, b, a] = c.getImageData(((i % 30) + 0.5) * (canvas.width / 30), (Math.floor(i / 30) + 0.5) * (canvas.height / 30), 1, 1).data;
      if (a > 0) seen.add(`${r >> 3},${g >> 3},${b >> 3},${a >> 5}`);
    }
    return { colours: seen.size, picture: painted.toDataURL().length };
  });

const big = (page) => page.locator(".big").first().innerText();
const wait = (page, f, arg, what) => page.waitForFunction(f, arg, { timeout: 10000 }).catch(() => assert.fail(what));

async function toTab(page, size, tab) {
  if (size.name === "hand") await page.locator(".tabs button").nth(["map", "chart", "table"].indexOf(tab)).click();
  else if (tab !== "map") await page.locator(".panel-tabs button").nth(tab === "table" ? 1 : 0).click();
}

/** settled waits until the number of the panel belongs to what was asked last. */
async function settled(page) {
  await page.waitForTimeout(250);
  await wait(page, () => document.querySelector(".panel-body")?.getAttribute("aria-busy") === "false" && document.querySelector(".big"), null, "the panel never became quiet");
}

const timeOf = (page) => page.locator(".time-slider input").getAttribute("aria-valuetext");

async function mapShown(page) {
  const { colours } = await look(page);
  const least = points ? 1 : 3;
  assert.ok(colours >= least, `the map shows ${colours} colours, want at least ${least}`);
  assert.ok((await page.locator(".map").getAttribute("aria-label")).length > 10, "the map has no summary");
}

async function sliderMoves(page) {
  const before = { t: await timeOf(page), ...(await look(page)) };
  await page.locator(".time-slider input").focus();
  for (let i = 0; i < 6; i++) await page.keyboard.press("ArrowLeft");
  await wait(page, (t) => document.querySelector(".time-slider input").getAttribute("aria-valuetext") !== t, before.t, "the time did not change with the slider");
  await page.waitForTimeout(200);
  assert.match(new URL(page.url()).searchParams.get("t") ?? "", points ? /^\d{4}-\d\d-\d\d/ : /^\d{4}-\d\d-\d\dT\d\d/, "the time is not in the link");
  if (!points) assert.notEqual((await look(page)).picture, before.picture, "the map did not change with the hour");
}

async function plays(page) {
  const before = await timeOf(page);
  await page.locator(".time-play button").click();
  await wait(page, (t) => document.querySelector(".time-slider input").getAttribute("aria-valuetext") !== t, before, "playing did not move the time");
  await page.locator(".time-play button").click();
}

// pickZone clicks on points of the map until a zone answers.
async function pickZone(page, size) {
  const box = await page.locator(".map").boundingBox();
  for (const [fx, fy] of [[0.5, 0.5], [0.55, 0.6], [0.45, 0.45], [0.6, 0.5], [0.4, 0.6], [0.5, 0.4]]) {
    await page.mouse.click(box.x + fx * box.width, box.y + fy * box.height);
    await page.waitForTimeout(120);
    if (new URL(page.url()).searchParams.get("z")) break;
  }
  assert.ok(new URL(page.url()).searchParams.get("z"), "a click on the map chose no zone");
  await toTab(page, size, "chart");
  await settled(page);
  assert.match(await big(page), margin, "the number of the zone has no margin");
  await toTab(page, size, "map");
}

async function drawn(page, size, tool, points) {
  await page.locator(`[data-tool=${tool}]`).click();
  const box = await page.locator(".map").boundingBox();
  for (const [i, [fx, fy]] of points.entries()) {
    const at = [box.x + fx * box.width, box.y + fy * box.height];
    await page.mouse.move(...at, { steps: 3 });
    if (i === points.length - 1 && tool === "polygon") await page.mouse.dblclick(...at);
    else await page.mouse.click(...at);
    await page.waitForTimeout(300);
  }
  await wait(page, () => new URL(location.href).searchParams.get("a"), null, `${tool}: the perimeter is not in the link`);
  await toTab(page, size, "chart");
  await settled(page);
  assert.match(await page.locator(".panel h2").innerText(), /km²/, `${tool}: the panel does not name the drawn area`);
  assert.match(await big(page), margin, `${tool}: the number of the perimeter has no margin`);
  assert.ok(await page.locator(points ? ".chart svg" : ".chart svg .curve").count(), `${tool}: no curve of the day`);
  await toTab(page, size, "map");
}

// drawnByKeys draws a triangle without a pointer, as dashboard keys promise.
async function drawnByKeys(page, size) {
  await page.locator(".map").focus();
  await page.keyboard.press("d");
  const view = new URL(page.url()).searchParams.get("v");
  for (const [key, n] of [["ArrowUp", 2], ["Enter", 1], ["ArrowRight", 2], ["ArrowDown", 2], ["Enter", 1], ["ArrowLeft", 3], ["ArrowDown", 1], ["Enter", 1], ["Escape", 1]]) {
    for (let i = 0; i < n; i++) await page.keyboard.press(key.startsWith("Arrow") ? `Shift+${key}` : key);
  }
  await wait(page, () => new URL(location.href).searchParams.get("a"), null, "keys: the perimeter is not in the link");
  assert.equal(new URL(page.url()).searchParams.get("v"), view, "keys: the map moved while drawing");
  await toTab(page, size, "chart");
  await settled(page);
  assert.match(await page.locator(".panel h2").innerText(), /km²/, "keys: the panel does not name the drawn area");
  await toTab(page, size, "map");
}

async function everyNumberHasAMargin(page) {
  const bare = await page.evaluate(() =>
    [...document.querySelectorAll("[data-obs]")].filter((e) => !/±/.test(e.textContent) && !/\(.*\d.*\D.*\d.*\)/.test(e.querySelector(".ranged > .margin, :scope > .margin")?.textContent ?? "") && !e.classList.contains("nothing") && !e.classList.contains("none")).map((e) => e.textContent));
  assert.deepEqual(bare, [], "numbers without a margin or a word");
}

// weeks looks at what needs past weeks: the usual day, roles, the forecast, and the places of the public list.
async function weeks(page, size) {
  await page.goto(new URL("/", base).href);
  await ready(page);
  await toTab(page, size, "chart");
  await settled(page);
  assert.match(await page.locator(".compared").innerText(), /usual[^]*±/, "the hour is not compared with a usual one");
  assert.equal(await page.locator(".chart .usual-curve").first().count(), 1, "no usual day behind the day");
  assert.ok((await page.locator(".roles rect.part").count()) > 24, "roles are not stacked by hour");
  // Where noise hides a breakdown of an hour there is no pyramid, of so small a region in one hour of four.
  for (let i = 0; i < 24 && !(await page.locator(".pyramid").count()); i++) {
    await page.keyboard.press("ArrowLeft");
    await settled(page);
  }
  assert.ok((await page.locator(".pyramid .hollow").count()) >= 6, "no pyramid of age by gender in a day");
  await page.waitForSelector(".ahead .forecast-curve");
  assert.match(await page.locator(".ahead .note").first().innerText(), /about [\d,]+ \([\d,]+ to [\d,]+\)/, "the forecast has no interval");
  await page.waitForSelector(".near li");
  const before = await page.locator(".near .small-number").allInnerTexts();
  await page.locator(".near .segment").nth(1).click();
  await wait(page, (b) => [...document.querySelectorAll(".near .small-number")].map((e) => e.innerText).join() !== b, before.join(), "a wider radius changed nothing");
  await everyNumberHasAMargin(page);
  await page.locator(".near .link").first().click();
  await wait(page, () => new URL(location.href).searchParams.get("a"), null, "a place drew no circle");
  await settled(page);
  assert.match(await page.locator(".panel h2").innerText(), /km²/, "the panel does not name the circle");
  await page.locator(".panel-title button").click();
  await toTab(page, size, "map");
}

async function tables(page, size) {
  await toTab(page, size, "table");
  await settled(page);
  assert.ok((await page.locator(".tables tbody tr").count()) >= 20, "the table of the day has fewer than 20 rows");
  await everyNumberHasAMargin(page);
  await page.locator(".sources summary").click();
  assert.ok((await page.locator(".sources a").count()) >= 2, "no links to claim and manifest");
  const [file] = await Promise.all([page.waitForEvent("download"), page.locator(".save button").first().click()]);
  assert.match(file.suggestedFilename(), /^throng_[a-z-]+_.*\.csv$/, "the download has no telling name");
  await toTab(page, size, "chart");
}

async function targets(page) {
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("button.tool, .tabs button, .choice button, .time-slider input")].filter((e) => e.offsetParent && (e.offsetHeight < 44 || e.offsetWidth < 44)).map((e) => `${e.className} ${e.offsetWidth}x${e.offsetHeight}`));
  assert.deepEqual(small, [], "targets below 44 px");
}

async function reflows(page) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `the page is ${over} px wider than the window`);
}

// rankings looks at a screen of companies and public bodies: tables with ranks, margins and names.
async function rankings(page, size) {
  await page.waitForSelector(".league tbody tr");
  await ready(page);
  assert.match(await page.locator(".league .rank").first().innerText(), /^\d+( to \d+)?$/, "a line has no rank");
  await everyNumberHasAMargin(page);
  await reflows(page);
  if (size.name === "desk") assert.ok((await page.locator(".league .bar").count()) > 0, "no bars beside the numbers");
}

// cards: one of each product of companies and public bodies on the first page, with its margin; the number is that of the API, and
// each leads to its screen. A server without such products has none.
async function cards(page, size) {
  await page.goto(new URL("/", base).href);
  await ready(page);
  if (await page.locator(".stage").count()) await toTab(page, size, "chart");
  if (await page.locator(".panel-title button").count()) await page.locator(".panel-title button").click();
  if (!companies.length) return assert.equal(await page.locator(".card").count(), 0, "cards of nothing");
  await wait(page, (n) => document.querySelectorAll(".card .big").length === n, companies.length, `not a card for each of ${companies.length} products`);
  await ready(page);
  await everyNumberHasAMargin(page);
  if (size.name === "desk" && (await page.locator(".stage").count())) assert.ok(await page.locator(".card").last().evaluate((e) => e.getBoundingClientRect().bottom < innerHeight), "the last card is below the first view");
  const shown = await page.locator(".card .big").evaluateAll((list) => list.map((e) => [e.dataset.obs.split("#")[0], e.textContent]));
  for (const [id, text] of shown) {
    const of = (await Promise.all(paths.map((at) => fetch(new URL(`${at}/v1/releases/${id}`, base))))).findIndex((r) => r.ok);
    assert.ok(of >= 0, `${id} is no release`);
    const m = await (await fetch(new URL(`${paths[of]}/v1/releases/${id}`, base))).json();
    const table = { market: "customers", bookings: "nights", vehicles: "departures" }[m.product] ?? "total";
    const l = await (await fetch(new URL(`${paths[of]}/v1/league?product=${m.product}&period=${m.period.name.slice(0, 7)}&table=${table}`, base))).json();
    const margin = (1.96 * l.total.noise_sd) / 10 ** (l.exponent ?? 0);
    const unit = 10 ** Math.max(0, Math.floor(Math.log10(margin)));
    const number = Math.round(Math.max(0, l.total.estimate / 10 ** (l.exponent ?? 0)) / unit) * unit;
    if (l.total.reliable) assert.ok(text.replace(/[^\d(]/g, "").startsWith(String(number) + "("), `${m.product}: the card says ${text}, the API ${number}`);
  }
  for (let i = 0; i < companies.length; i++) {
    await page.locator(".card a").nth(i).click();
    await page.waitForSelector("main.company .league tbody tr");
    await page.goBack();
    await page.waitForSelector(".card a");
  }
  if (await page.locator(".stage").count()) await toTab(page, size, "map");
}

async function screensAndLanguages(page, size) {
  for (const lang of ["fr", "zh", "en"]) {
    await page.locator(".language").selectOption(lang);
    await wait(page, (l) => document.documentElement.lang.startsWith(l), lang, `the language did not become ${lang}`);
    await reflows(page);
  }
  const theme = await page.evaluate(() => document.documentElement.dataset.theme);
  await page.locator(".settings button").click();
  await wait(page, (t) => document.documentElement.dataset.theme !== t, theme, "the theme did not change");
  const screens = await page.locator(".top nav a").count();
  for (let screen = 1; screen < screens; screen++) {
    await page.locator(".top nav a").nth(screen).click();
    await page.waitForTimeout(300);
    await ready(page);
    assert.equal(await page.locator("h1").count(), 1, "a screen has one h1");
    await reflows(page);
    if (movers && screen === 2) {
      await page.waitForSelector(".mover svg");
      assert.ok((await page.locator(".movers tbody tr").count()) > 1, "the table of movers is empty");
      await everyNumberHasAMargin(page);
    }
    if (await page.locator("main.company").count()) await rankings(page, size);
    if (screen === 1 && (await page.locator(".stage").count())) {
      await toTab(page, size, "chart");
      await page.waitForSelector(".big");
      await everyNumberHasAMargin(page);
      await toTab(page, size, "map");
    }
  }
  for (let screen = 1; screen < screens; screen++) await page.goBack();
  assert.ok(!/flows|movers|tourism|market|town|parked|privacy/.test(new URL(page.url()).pathname), "going back does not return to the first screen");
}

async function banner(page, data) {
  if (data === "real") return;
  const note = page.locator(".banner");
  assert.ok(await note.isVisible(), "data that are not real have no banner");
  assert.equal(await note.locator("button").count(), 0, "the banner can be closed");
}

const browser = await launch();
let failed = 0;
for (const size of sizes) {
  const { page, context, reports } = await open(browser, base, { ...size, path: points ? "/?u=day" : "/" });
  const steps = [
    ["map shown", () => mapShown(page)],
    ["banner", () => banner(page, root.data)],
    ["slider moves", () => sliderMoves(page)],
    ["plays", () => plays(page)],
    ["zone answers with margin", () => pickZone(page, size), points],
    ["rectangle answers with margin", () => drawn(page, size, "box", [[0.35, 0.4], [0.68, 0.62]])],
    ["polygon answers with margin", () => drawn(page, size, "polygon", [[0.35, 0.4], [0.65, 0.42], [0.7, 0.62], [0.45, 0.66]])],
    ["circle answers with margin", () => drawn(page, size, "circle", [[0.52, 0.52], [0.66, 0.56]])],
    ["keys draw", () => drawnByKeys(page, size), size.name === "hand"],
    ["weeks, roles, forecast, places", () => weeks(page, size), !many],
    ["tables and download", () => tables(page, size)],
    ["targets", () => toTab(page, size, "map").then(() => targets(page)), size.name === "desk"],
    ["reflow", () => reflows(page)],
    ["cards of companies", () => cards(page, size)],
    ["screens, languages, theme, back", () => screensAndLanguages(page, size)],
    ["nothing wrong on the page", async () => assert.deepEqual(await reports(), [])],
  ];
  for (const [name, run, skip] of steps) {
    if (skip) continue;
    try {
      if (size.name === "hand" && name !== "map shown") await toTab(page, size, "map");
      await run();
      console.log(`ok    ${size.name}: ${name}`);
    } catch (e) {
      failed++;
      console.log(`FAIL  ${size.name}: ${name}: ${e.message}`);
    }
  }
  await context.close();
}
await browser.close();
process.exit(failed ? 1 : 0);
