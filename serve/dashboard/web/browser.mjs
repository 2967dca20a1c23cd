// Starts the system's Chromium for looking and testing, and listens for what must not happen on a page: console errors
// and warnings, requests to another origin, reports of the content policy, exceptions.

import { chromium } from "playwright-core";

const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });

/** open gives a page of that size and the list of what went wrong on it. */
export async function open(browser, base, { width, height, path = "/", touch = false }) {
  const context = await browser.newContext({ viewport: { width, height }, hasTouch: touch, acceptDownloads: true, locale: "en-GB" });
  const page = await context.newPage();
  page.setDefaultTimeout(10000);
  const wrong = [];
  const origin = new URL(base).origin;
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && wrong.push(`console ${m.type()}: ${m.text()}`));
  page.on("pageerror", (e) => wrong.push(`exception: ${e.stack ?? e}`));
  page.on("request", (r) => !r.url().startsWith(origin + "/") && !r.url().startsWith("blob:" + origin) && wrong.push(`request off the origin: ${r.url()}`));
  await page.addInitScript(() => {
    window.policyReports = [];
    addEventListener("securitypolicyviolation", (e) => window.policyReports.push(`${e.violatedDirective} ${e.sourceFile}:${e.lineNumber} ${e.sample}`));
  });
  await page.goto(new URL(path, base).href);
  await ready(page).catch((e) => {
    throw new Error([`${e.message}`, ...wrong].join("\n"));
  });
  const reports = async () => [...wrong, ...(await page.evaluate(() => window.policyReports)).map((r) => `policy: ${r}`)];
  return { page, context, reports };
}

/** ready waits until nothing is on its way and the map is painted. */
export async function ready(page) {
  await page.waitForTimeout(60);
  await page.waitForSelector("html[data-ready]", { state: "attached", timeout: 15000 });
}
