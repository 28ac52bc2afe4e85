// The whole way, on any server: a message is sent with the form, its answer is shown, it is seen among the others, opens,
// and closes; all of it with the keyboard, too. The page is looked at in the dark and in the light.

const assert = require("node:assert/strict");
const { join } = require("node:path");

const ENDPOINT = "visitor-1";

module.exports = async function tour(visit, stub, { service, resource, payload, pictures }) {
  const { page } = visit;
  await page.waitForFunction(() => document.getElementById("resource").options.length > 0);
  const options = await page.locator("#resource option").allTextContents();
  const wanted = options.findIndex((text) => text.split(/\s+/).join(" ") === `${service} ${resource}`);
  assert.ok(wanted >= 0, `${service} ${resource} among ${options}`);
  await page.selectOption("#resource", String(wanted));
  await page.getByLabel("Endpoint", { exact: true }).fill(ENDPOINT);
  const text = page.getByRole("button", { name: "Text", exact: true });
  if (await text.count()) await text.click();
  await page.getByLabel("Payload", { exact: true }).fill(payload);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  const status = await page.locator("#answer .verdict b").textContent();
  assert.equal(status, "200");

  // Services announce what has come of the same endpoint.
  const row = page.locator("#rows tr", { hasText: ENDPOINT });
  await row.locator(".kind", { hasText: /^the console$/ }).waitFor();
  await page.getByRole("button", { name: "Look at it" }).click();
  const detail = page.locator("#detail");
  assert.match(await detail.textContent(), /asked by the console/);
  // Not the name that the form has made up for its way back.
  await page.locator("#picture .title", { hasText: /^the console$/ }).waitFor();
  assert.match(await detail.textContent(), new RegExp(ENDPOINT));
  assert.ok(await detail.getByRole("button", { name: "Send it again…" }).isVisible());
  await detail.locator("summary", { hasText: "ClientData" }).click();
  assert.match(await detail.textContent(), /resourcePath/);
  await page.keyboard.press("Escape");
  assert.ok(await detail.isHidden());

  await withKeys(page, detail);
  const taken = [];
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    taken.push(join(pictures, `console-tour-${colorScheme}.png`));
    await page.screenshot({ path: taken.at(-1) });
  }
  const grounds = await grounded(page);
  assert.notEqual(grounds.light, grounds.dark);
  return { status, taken };
};

async function withKeys(page, detail) {
  await page.keyboard.press("/");
  assert.ok(await page.locator("#filter").evaluate((input) => input === document.activeElement));
  await page.keyboard.type(`endpoint:${ENDPOINT}`);
  await page.waitForFunction((endpoint) => {
    const rows = [...document.querySelectorAll("#rows tr")];
    return rows.length > 0 && rows.every((row) => row.textContent.includes(endpoint));
  }, ENDPOINT);
  await page.locator("#table").focus();
  await page.keyboard.press("ArrowDown");
  assert.ok(await detail.isVisible());
  assert.equal(await page.locator("#rows tr[aria-selected=true]").count(), 1);
  assert.match(await page.locator("#table").getAttribute("aria-activedescendant"), /^message-/);
  await page.keyboard.press("Escape");
  assert.ok(await detail.isHidden());
  await page.keyboard.press("/");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#filter").inputValue(), "");
}

async function grounded(page) {
  const grounds = {};
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    grounds[colorScheme] = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  }
  return grounds;
}
