// The first message of a service that the console does not know yet: it runs along a track with the name that it brings,
// goes on when the service tells of itself, and has its time as soon as it is answered.

const assert = require("node:assert/strict");
const sample = require("../sample.js");

const GREETER = {
  name: "greeter",
  replica: "greeter-0",
  health: "ready",
  resources: [{ name: "hello", kind: "resource", handles: "/hello/{name}", requests: 1, errors: 0, rate: 0 }],
};

module.exports = async function first(visit, stub) {
  stub.services = [];
  stub.sessions = [];
  const page = (visit.page = await visit.open({}));
  const named = (text) => page.locator("#picture .title", { hasText: text });
  const message = sample.exchange(1, { service: "greeter", resource: "/hello/you", took: 1234, handlers: [] });
  stub.say("exchange", sample.asked(message));
  await named("/hello/you").waitFor();
  await page.locator(".dot").waitFor({ state: "attached" });
  const at = () => page.locator(".dot").evaluate((dot) => dot.getBoundingClientRect().x);
  await page.locator(".dot.waiting").waitFor({ state: "attached" });
  const before = await at();

  stub.services = [GREETER];
  stub.say("services", stub.services);
  await named("/hello/{name}").waitFor();
  assert.equal(await named("/hello/you").count(), 0, "the track is that of the service now");
  assert.ok(Math.abs((await at()) - before) < 3, "what is on its way stays where it is");

  stub.say("exchange", message);
  const row = page.locator("#rows tr");
  await row.locator(".took", { hasText: "1.23 ms" }).waitFor();
  await row.click();
  await page.locator("#detail").getByText("1.23 ms in all").waitFor();
  await page.locator(".dot.ok").waitFor({ state: "attached" });

  // What nobody handles is seen, too.
  stub.tell(sample.exchange(2, { service: "greeter", resource: "/helo", status: 404 }));
  await named("/helo").waitFor();
  await page.locator(".dot.refused").waitFor({ state: "attached" });
  return { tracks: await page.locator("#picture .track").count() };
};
