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
  await visit.until(() => {
    const cells = [...document.querySelectorAll("#rows .said")];
    return cells.length > 0 && cells.every((cell) => cell.textContent === "400");
  });
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

  // Several have handled an event: it is found by each, and shows where the time went there.
  const stages = (to) => [{ name: "handler", from: 0, to }];
  stub.say(
    "exchange",
    sample.exchange(902, {
      kind: "event",
      record: "ConfigUpdated",
      resource: null,
      replica: null,
      status: null,
      took: null,
      handlers: [
        { replica: "cmx-7", function: "updated", stages: stages(70) },
        { replica: "audit-7", function: "noted", stages: stages(9000) },
      ],
    }),
  );
  await page.locator("#filter").fill("replica:audit-7");
  await visit.until(() => document.querySelectorAll("#rows tr").length === 1);
  await page.locator("#rows tr .took", { hasText: "9.00 ms" }).click();
  const handlers = await page.locator("#detail .timeline tbody").allTextContents();
  assert.deepEqual(handlers, ["cmx-7updatedhandler70 µsin all70 µs", "audit-7notedhandler9.00 msin all9.00 ms"]);
  assert.match(await page.locator("#detail .facts").textContent(), /cmx-7, audit-7/);
  await page.keyboard.press("Escape");

  await page.locator("#filter").fill("endpoint:cellar");
  await page.locator("#rows tr", { hasText: "cellar" }).first().click();
  await page.locator("#detail").getByRole("button", { name: "Only these" }).last().click();
  await visit.until(() => document.querySelectorAll("#rows tr").length === 1);
  assert.match(await page.locator("#filter").inputValue(), /^correlation:/);
  return seen;
};
