// Takes a picture of the page and fails when anything went wrong on it.
//
//   node shot.mjs BASEURL OUT.png WIDTH HEIGHT ["/flows?z=m08&l=fr"]
//
// With DRAW=1 in the environment an area is drawn on the map first, so that its answer is in the picture.

import { launch, open, ready } from "./browser.mjs";

const [base, out, width, height, path = "/"] = process.argv.slice(2);
const browser = await launch();
try {
  const { page, reports } = await open(browser, base, { width: Number(width), height: Number(height), path: path.startsWith("?") ? "/" + path : path });
  const [, tab] = (process.env.TAB ?? "").match(/^(\d)$/) ?? [];
  if (tab) await page.locator(".tabs button, .panel-tabs button").filter({ visible: true }).nth(Number(tab)).click();
  if (process.env.DRAW) {
    await page.locator('[data-tool="polygon"]').click();
    const box = await page.locator(".map").boundingBox();
    const corners = [[0.36, 0.42], [0.5, 0.36], [0.66, 0.44], [0.62, 0.62], [0.44, 0.62]];
    for (const [i, [fx, fy]] of corners.entries()) {
      const at = [box.x + fx * box.width, box.y + fy * box.height];
      await page.mouse.move(...at, { steps: 3 });
      await (i < corners.length - 1 ? page.mouse.click(...at) : page.mouse.dblclick(...at));
      await page.waitForTimeout(300);
    }
    await page.waitForTimeout(400);
    await ready(page);
  }
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
