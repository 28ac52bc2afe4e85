// The pictures of the book: the page with a small platform at work.

const assert = require("node:assert/strict");
const { writeFile } = require("node:fs/promises");
const { join } = require("node:path");
const { small } = require("../palette.js");
const sample = require("../sample.js");

const LARGEST = 150_000;
const RATE_MS = 55;

module.exports = async function pictures(visit, stub, { pictures: directory }) {
  stub.services = sample.services();
  stub.say("sessions", sample.sessions());
  let n = 0;
  let second = 0;
  const flowing = setInterval(() => {
    n += 1;
    const exchange = sample.exchange(n);
    const isSilent = n % 29 === 0 && exchange.kind === "request";
    stub.say("exchange", sample.asked(exchange));
    stub.say("exchange", isSilent ? { ...sample.asked(exchange), unanswered: true } : exchange);
  }, RATE_MS);
  const ticking = setInterval(() => {
    second += 1;
    stub.services = sample.services(second);
    stub.say("services", stub.services);
  }, 250);
  const taken = {};
  const take = async (name, page) => {
    const picture = small(await page.screenshot());
    await writeFile(join(directory, `${name}.png`), picture);
    taken[name] = picture.length;
  };
  const { page } = visit;
  await page.setViewportSize({ width: 1280, height: 820 });
  await page.emulateMedia({ colorScheme: "light" });
  // Until a message is anywhere on its way, and the curves of rates have a shape.
  await visit.until(() => document.querySelectorAll("#rows tr").length > 150);
  await take("console-live", page);

  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 1280, height: 1120 });
  await page.locator("#rows tr", { hasText: "/config/json" }).first().click();
  await page.locator("#detail summary").last().click();
  await page.evaluate(() => window.scrollTo(0, 0));
  await take("console-message", page);
  await page.keyboard.press("Escape");

  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 1500 });
  await take("console-resources", page.locator("#services"));
  clearInterval(flowing);
  const option = page.locator("#resource option", { hasText: "/setting/" });
  await page.selectOption("#resource", await option.getAttribute("value"));
  const fields = page.locator("#form");
  await fields.getByLabel("bed").fill("south");
  await fields.getByLabel("target").fill("45");
  await fields.getByLabel("zones").fill('[{ "valve": 1, "name": "basil" }]');
  stub.answer = () => [
    200,
    { correlationId: "console-1", status: 200, payload: { json: { accepted: true, opens: "06:30" }, bytes: 34 } },
  ];
  await page.getByText("The same in a terminal").click();
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.locator("#answer .verdict b").waitFor();
  await take("console-send", page.locator("#send"));
  clearInterval(ticking);
  for (const [name, size] of Object.entries(taken))
    assert.ok(size > 5_000 && size < LARGEST, `${name} has ${size} bytes`);
  return { taken };
};
