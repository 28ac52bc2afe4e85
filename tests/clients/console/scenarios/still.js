// People who asked for less motion see numbers, not messages that run; narrow windows show everything, too.

const assert = require("node:assert/strict");
const sample = require("../sample.js");

module.exports = async function still(visit, stub) {
  const moving = visit.page;
  stub.tell(sample.exchange(1));
  await moving.locator(".dot").first().waitFor({ state: "attached" });

  const page = await visit.open({ reducedMotion: "reduce", viewport: { width: 800, height: 900 } });
  stub.tell(sample.exchange(2));
  await page.locator("#rows tr").waitFor();
  // The second after the message is counted has its rate.
  await page.locator("#picture .number", { hasText: /^[^0]/ }).first().waitFor();
  assert.equal(await page.locator(".dot").count(), 0);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 800, `nothing stands outside of the window: ${width}`);
  await page.locator("#rows tr").first().click();
  await page.getByRole("button", { name: "Close" }).click();
  assert.ok(await page.locator("#detail").isHidden());
  return { width };
};
