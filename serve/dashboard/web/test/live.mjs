// Follows the crowd of now as a reader would, at the width of a desk and of a hand, and fails when anything is not as it should be.
//
//   node test/live.mjs BASEURL RELEASES [ENDEDURL]
//
// BASEURL serves what a demo of throng live publishes while it runs, about a bin a second, and RELEASES is its folder: one bin is
// withdrawn by taking its folder away. ENDEDURL serves such a demo that has ended after its second day.

import assert from "node:assert/strict";
import { readFileSync, readdirSync, renameSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { launch, open, ready } from "../browser.mjs";

const [base, out, ended] = process.argv.slice(2);
if (!out) {
  console.error("usage: node test/live.mjs BASEURL RELEASES [ENDEDURL]");
  process.exit(2);
}
const sizes = [
  { name: "desk", width: 1280, height: 800, touch: false },
  { name: "hand", width: 390, height: 844, touch: true },
];

/** way is a wire to the server that can be cut and mended. */
function way(to) {
  const { hostname, port } = new URL(to);
  const sockets = new Set();
  let up = true;
  const server = createServer((a) => {
    if (!up) return a.destroy();
    const b = connect(Number(port), hostname);
    for (const s of [a, b]) {
      sockets.add(s);
      s.on("error", () => {}).on("close", () => (sockets.delete(s), a.destroy(), b.destroy()));
    }
    a.pipe(b).pipe(a);
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done({
    url: `http://127.0.0.1:${server.address().port}/`,
    cut: () => { up = false; for (const s of sockets) s.destroy(); },
    mend: () => { up = true; },
    close: () => { up = false; for (const s of sockets) s.destroy(); server.close(); },
  })));
}

const wait = (page, f, arg, what) => page.waitForFunction(f, arg, { timeout: 20000 }).catch(() => assert.fail(what));
const timeOf = (page) => page.locator(".time-slider input").getAttribute("aria-valuetext");
const tOf = (page) => new URL(page.url()).searchParams.get("t");
const moved = (page, from, what) => wait(page, (t) => document.querySelector(".time-slider input").getAttribute("aria-valuetext") !== t, from, what);
const following = (page) => page.locator(".live-button").getAttribute("aria-pressed");
const toTab = async (page, size, tab) => { if (size.name === "hand") await page.locator(".tabs button").nth(["map", "chart", "table"].indexOf(tab)).click(); };

async function arrives(page) {
  assert.equal(await following(page), "true", "the page does not follow");
  await moved(page, await timeOf(page), "a new bin did not arrive");
  await moved(page, await timeOf(page), "a second new bin did not arrive");
  assert.match(await page.locator(".live-age").textContent(), /[Aa]s of \d\d:\d\d, \d+ (minutes?|hours?) ago/, "the page does not say how old its number is");
}

async function stops(page, size) {
  await page.locator(".time-slider input").focus();
  for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowLeft");
  await wait(page, () => /T\d\d:\d\dZ/.test(new URL(location.href).searchParams.get("t") ?? ""), null, "the bin is not in the link");
  const [time, t] = [await timeOf(page), tOf(page)];
  assert.equal(await following(page), "false", "moving the slider does not stop following");
  const before = await page.locator(".time-slider input").getAttribute("max");
  await wait(page, (max) => document.querySelector(".time-slider input").max !== max || document.querySelector(".time-slider input").value < 40, before, "nothing arrives behind the bin in view");
  await page.waitForTimeout(2500);
  assert.deepEqual([await timeOf(page), tOf(page)], [time, t], "a bin in view moves when another arrives");
  await toTab(page, size, "map");
  await page.locator(".live-button").click();
  await wait(page, () => document.querySelector(".live-button").getAttribute("aria-pressed") === "true", null, "the button does not return to live");
  await page.locator(".time-slider input").focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await wait(page, () => document.querySelector(".live-button").getAttribute("aria-pressed") === "false", null, "following did not stop");
  await page.keyboard.press("l");
  await wait(page, () => document.querySelector(".live-button").getAttribute("aria-pressed") === "true", null, "the key L does not return to live");
}

// withdrawn takes the release of a bin away, and wants a gap with its reason in its place.
async function withdrawn(page, size) {
  const list = (await (await fetch(new URL("/v1/releases?product=present-live&limit=6", base))).json()).releases;
  const gone = list[4];
  await page.goto(page.url().replace(/\?.*$/, "") + `?t=${gone.period.name}`);
  await ready(page);
  renameSync(join(out, "release", gone.id), join(out, `taken-${gone.id}`));
  await wait(page, () => document.querySelector(".time-gaps i"), null, "a bin that was withdrawn is no gap");
  await toTab(page, size, "chart");
  await wait(page, () => document.querySelector(".live-gap"), null, "a gap has no reason");
  assert.match(await page.locator(".live-gap").innerText(), /withdrawn/, "the reason of a withdrawn bin");
  await wait(page, () => document.querySelector(".big.none"), null, "a gap shows a number");
  assert.match(await timeOf(page), /no data/, "the slider does not say that there are no data");
  await toTab(page, size, "map");
}

async function languages(page) {
  for (const [lang, word] of [["fr", /État à|Arrêté/], ["zh", /截至/], ["en", /[Aa]s of/]]) {
    await page.locator(".language").selectOption(lang);
    await wait(page, (l) => document.documentElement.lang.startsWith(l), lang, `the language did not become ${lang}`);
    assert.match(await page.locator(".live-age").textContent(), word, `the age in ${lang}`);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(over <= 0, `${lang}: the page is ${over} px wider than the window`);
  }
  const small = await page.evaluate(() => [...document.querySelectorAll("button.tool, .live-button, .time-slider input")].filter((e) => e.offsetParent && (e.offsetHeight < 44 || e.offsetWidth < 44)).map((e) => e.className));
  assert.deepEqual(small, [], "targets below 44 px");
}

async function lostAndBack(page, wire) {
  wire.cut();
  await wait(page, () => document.querySelector(".wire.lost"), null, "the page does not say that the connection is lost");
  const before = await timeOf(page);
  wire.mend();
  await wait(page, () => document.querySelector(".wire:not(.lost)") || !document.querySelector(".wire"), null, "the page does not find its way back");
  await moved(page, before, "after coming back nothing arrives");
}

// over looks at a live count that has ended: it says so, and its total is split as the day before was.
async function over(browser, size) {
  const { page, context, reports } = await open(browser, ended, { ...size });
  await toTab(page, size, "chart");
  await wait(page, () => document.querySelector(".panel-body")?.getAttribute("aria-busy") === "false" && document.querySelector(".bars"), null, "the total is not split");
  assert.equal(await page.locator(".live-age").getAttribute("data-live"), "stopped", "what has ended is not called stopped");
  assert.ok((await page.locator(".bars li").count()) > 8, "gender, age and origin have few bars");
  assert.match(await page.locator(".split").innerText(), /1 released day[^]*modelled/, "it is not said what the split is made of");
  const marked = await page.evaluate(() => [...document.querySelectorAll(".bars .small-number")].map((e) => !!e.querySelector("abbr"))); // how many can be shown is up to the noise
  assert.ok(marked.length > 0 && marked.every(Boolean), "split numbers are not marked as modelled");
  const bare = await page.evaluate(() =>
    [...document.querySelectorAll("[data-obs]")].filter((e) => !/±/.test(e.textContent) && !e.classList.contains("nothing") && !e.classList.contains("none")).map((e) => e.textContent));
  assert.deepEqual(bare, [], "numbers without a margin or a word");
  assert.deepEqual(await reports(), []);
  await context.close();
}

const manifests = () => readdirSync(join(out, "release")).map((id) => JSON.parse(readFileSync(join(out, "release", id, "manifest.json"), "utf8")));
while (manifests().filter((m) => m.product === "present-live").length < 8) await new Promise((r) => setTimeout(r, 200));

const browser = await launch();
let failed = 0;
for (const size of sizes) {
  const wire = await way(base);
  const { page, context, reports } = await open(browser, wire.url, { ...size });
  let quiet;
  const steps = [
    ["a release arrives", () => arrives(page)],
    ["a bin of before, and back", () => stops(page, size)],
    ["a release is withdrawn", () => withdrawn(page, size)],
    ["languages, targets", () => languages(page)],
    ["back to live", () => page.locator(".live-button").click()],
    ["nothing wrong on the page", async () => assert.deepEqual((quiet = await reports()), [])],
    ["connection lost and back", () => lostAndBack(page, wire)],
    ["nothing wrong but the lost connection", async () => assert.deepEqual((await reports()).slice(quiet.length).filter((r) => !/ERR_|Failed to load/.test(r)), [])],
    ["over", () => over(browser, size), !ended],
  ];
  for (const [name, run, skip] of steps) {
    if (skip) continue;
    try {
      await run();
      console.log(`ok    live, ${size.name}: ${name}`);
    } catch (e) {
      failed++;
      console.log(`FAIL  live, ${size.name}: ${name}: ${e.message}`);
    }
  }
  await context.close();
  wire.close();
}
await browser.close();
process.exit(failed ? 1 : 0);
