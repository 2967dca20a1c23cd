// Takes a picture of the page and fails when anything went wrong on it.
//
//   node shot.mjs BASEURL OUT.png WIDTH HEIGHT ["/flows?z=m08&l=fr"]

import { launch, open } from "./browser.mjs";

const [base, out, width, height, path = "/"] = process.argv.slice(2);
const browser = await launch();
try {
  const { page, reports } = await open(browser, base, { width: Number(width), height: Number(height), path: path.startsWith("?") ? "/" + path : path });
  const [, tab] = (process.env.TAB ?? "").match(/^(\d)$/) ?? [];
  if (tab) await page.locator(".tabs button, .panel-tabs button").filter({ visible: true }).nth(Number(tab)).click();
  await page.waitForTimeout(300);
  await page.screenshot({ path: out });
  const wrong = await reports();
  if (wrong.length) {
    console.error(wrong.join("\n"));
    process.exitCode = 1;
  }
} finally {
  await browser.close();
}
