// Among many messages, those that are wanted: by endpoint, correlation ID, resource, status and outcome; and from one
// message to those like it. One that came long ago is found while others pour in.

const assert = require("node:assert/strict");
const sample = require("../sample.js");

module.exports = async function filter(visit, stub) {
  const { page } = visit;
  const rare = sample.exchange(1, { endpoint: "rare", correlationId: "c-rare", service: "tsx", resource: "/time" });
  stub.tell(rare);
  stub.tell(sample.exchange(0, { endpoint: "list", service: "directory", resource: "/services/list" }));
  for (let n = 2; n < 900; n += 1) stub.tell(sample.exchange(n));
  const silent = { ...sample.asked(sample.exchange(901)), unanswered: true };
  stub.say("exchange", silent);
  await visit.until(() => document.querySelectorAll("#rows tr").length === 500);

  const seen = {};
  for (const text of ["endpoint:rare", "correlation:c-rare", "/time", "tsx", "resource:/time status:200"]) {
    await page.locator("#filter").fill(text);
    await visit.until(() => document.querySelectorAll("#rows tr").length === 1);
    assert.match(await page.locator("#rows tr").textContent(), /rare/, text);
  }
  // A word is no field for being one letter longer.
  await page.locator("#filter").fill("services");
  await page.locator("#rows tr", { hasText: "/services/list" }).waitFor();
  await page.locator("#filter").fill("endpoint:rare status:4xx");
  await page.getByText("No message is like that").waitFor();

  await page.locator("#filter").fill("status:4xx");
  await visit.until(() => [...document.querySelectorAll("#rows .said")].every((cell) => cell.textContent === "400"));
  seen.refused = await page.locator("#rows tr").count();
  assert.ok(seen.refused > 5);
  await page.locator("#filter").fill("");
  for (const [name, said] of [
    ["Refused", "400"],
    ["Failed", "503"],
    ["No answer", "no answer"],
  ]) {
    const button = page.locator("#outcomes").getByRole("button", { name, exact: true });
    await button.click();
    assert.equal(await button.getAttribute("aria-pressed"), "true");
    await visit.until((words) => {
      const cells = [...document.querySelectorAll("#rows .said")];
      return cells.length > 0 && cells.every((cell) => cell.textContent === words);
    }, said);
  }
  await page.locator("#outcomes").getByRole("button", { name: "All", exact: true }).click();

  await page.locator("#filter").fill("endpoint:cellar");
  await page.locator("#rows tr", { hasText: "cellar" }).first().click();
  await page.locator("#detail").getByRole("button", { name: "Only these" }).last().click();
  await visit.until(() => document.querySelectorAll("#rows tr").length === 1);
  assert.match(await page.locator("#filter").inputValue(), /^correlation:/);
  return seen;
};
