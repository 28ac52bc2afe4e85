// News of messages that began long ago: they change their row, if it is still there, and no message becomes a new one.

const assert = require("node:assert/strict");
const sample = require("../sample.js");

const SHOWN = 500;
const KEPT = 2000;

module.exports = async function late(visit, stub) {
  const { page } = visit;
  const first = Date.now() - 4000;
  const message = (n) => sample.exchange(n, { kind: "request", at: first + n, endpoint: `e-${n}` });
  const asked = (n) => sample.asked(message(n));
  const unanswered = (n) => stub.say("exchange", { ...asked(n), unanswered: true });
  const shown = () => page.locator("#rows .endpoint").allTextContents();
  const topIs = (name) => visit.until((text) => document.querySelector("#rows .endpoint")?.textContent === text, name);

  for (let n = 1; n <= SHOWN + 20; n += 1) stub.say("exchange", asked(n));
  await topIs(`e-${SHOWN + 20}`);
  // The first two are not shown any more; the third is, and it is the newest of which there is news.
  unanswered(1);
  unanswered(2);
  unanswered(100);
  await page.locator("#rows tr", { hasText: "no answer" }).waitFor();
  const all = await shown();
  assert.deepEqual([all[0], all.at(-1), all.length], [`e-${SHOWN + 20}`, "e-21", SHOWN]);

  // One by one they become what is looked for, and stand in the order in which they began.
  await page.locator("#outcomes").getByRole("button", { name: "No answer", exact: true }).click();
  unanswered(300);
  unanswered(200);
  await visit.until(() => document.querySelectorAll("#rows tr").length === 5);
  assert.deepEqual(await shown(), ["e-300", "e-200", "e-100", "e-2", "e-1"]);
  await page.locator("#outcomes").getByRole("button", { name: "All", exact: true }).click();

  for (let n = SHOWN + 21; n <= KEPT + 50; n += 1) stub.say("exchange", asked(n));
  await topIs(`e-${KEPT + 50}`);
  unanswered(3);
  stub.say("exchange", asked(KEPT + 51));
  await topIs(`e-${KEPT + 51}`);
  assert.equal((await shown())[1], `e-${KEPT + 50}`, "what was forgotten does not come back as the latest");

  // Another server counts from the beginning, and a clock that was put back is no reason to show nothing.
  stub.say("exchange", { ...asked(1), at: Date.now(), endpoint: "restarted" });
  await topIs("restarted");
  stub.say("exchange", { ...asked(KEPT + 52), at: first - 3_600_000, endpoint: "put-back" });
  await topIs("put-back");
  return { rows: await page.locator("#rows tr").count() };
};
