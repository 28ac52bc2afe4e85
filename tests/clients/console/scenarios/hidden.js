// A page that nobody looks at does not keep the server listening: after five minutes it gives up its stream. What it
// showed is there when somebody looks again, and it goes on.

const assert = require("node:assert/strict");
const sample = require("../sample.js");

module.exports = async function hidden(visit, stub) {
  await visit.page.context().close();
  await stub.deserted();
  const page = (visit.page = await visit.open({ clock: true }));
  const connection = page.locator("#connection");
  const show = (state) =>
    page.evaluate((state) => {
      Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, state);
  const before = sample.exchange(1, { endpoint: "before" });
  stub.tell(before);
  await page.locator("#rows tr", { hasText: "before" }).waitFor();

  await show("hidden");
  await page.clock.fastForward("04:00");
  await show("visible");
  await page.clock.fastForward("04:00");
  assert.notEqual(await connection.getAttribute("data-state"), "paused", "somebody has looked in between");

  await show("hidden");
  await page.clock.fastForward("05:01");
  await page.locator('#connection[data-state="paused"]').waitFor();
  const said = (await connection.textContent()).trim();
  await stub.deserted();
  assert.equal(await page.locator("#rows tr").count(), 1, "what was seen stays");

  await show("visible");
  await page.locator('#connection[data-state="live"]').waitFor();
  // The server begins with what it has kept.
  stub.tell(before);
  stub.tell(sample.exchange(2, { endpoint: "after" }));
  await page.locator("#rows tr", { hasText: "after" }).waitFor();
  assert.equal(await page.locator("#rows tr").count(), 2);
  return { said };
};
