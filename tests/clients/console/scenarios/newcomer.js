// An empty system: the page says what to do, and goes over to the picture by itself when there is something.

const assert = require("node:assert/strict");
const sample = require("../sample.js");

module.exports = async function newcomer(visit, stub) {
  stub.services = [];
  stub.description = { services: [] };
  stub.sessions = [];
  const page = (visit.page = await visit.open({}));
  const welcome = page.locator("#welcome");
  await welcome.getByText("Nothing is on the bus yet").waitFor();
  const commands = await welcome.locator("code").allTextContents();
  assert.ok(
    commands.some((line) => line.includes("kaa call")),
    commands,
  );
  assert.ok(await page.locator("#form").evaluate((form) => form.inert), "there is nothing to send to");

  stub.services = sample.services();
  stub.description = sample.description();
  stub.say("services", stub.services);
  await welcome.waitFor({ state: "hidden" });
  await visit.until(() => document.getElementById("resource").options.length > 0);
  await page.getByText("No message yet").waitFor();
  stub.tell(sample.exchange(1));
  await page.locator("#rows tr").waitFor();
  await page.locator("#nothing").filter({ hasText: /^$/ }).waitFor({ state: "attached" });
  return { commands };
};
