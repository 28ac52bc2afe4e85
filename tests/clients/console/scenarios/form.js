// The form that a schema makes: fields for what is simple, JSON for what is not, and what is missing said at once.

const assert = require("node:assert/strict");

module.exports = async function form(visit, stub) {
  const { page } = visit;
  await page.waitForFunction(() => document.getElementById("resource").options.length > 0);
  const option = page.locator("#resource option", { hasText: "/setting/{bed}[/{season}]" });
  await page.selectOption("#resource", await option.getAttribute("value"));
  const fields = page.locator("#form");
  const send = page.getByRole("button", { name: "Send", exact: true });
  const problem = page.locator("#send-problem");
  const wrong = (words) => page.locator(".field .problem", { hasText: words });

  await send.click();
  await problem.getByText("bed is needed").waitFor();
  await fields.getByLabel("bed").fill("a/b");
  await send.click();
  await problem.getByText("it cannot have a /").waitFor();
  await fields.getByLabel("bed").fill("south");
  await fields.getByLabel("mode").selectOption({ label: "manual" });
  await fields.getByLabel("target").fill("130");
  await wrong("target has to be 100 or less").waitFor();
  await fields.getByLabel("zones").fill('[{"name":"basil"}]');
  await wrong("zones[0].valve is missing").waitFor();
  await fields.getByLabel("zones").fill("[{");
  await wrong("this is no JSON").waitFor();
  await send.click();
  assert.equal(stub.sent.length, 0, "what is wrong in a field is not sent");

  // Sixteen digits and more are more than a number of JavaScript holds.
  await fields.getByLabel("zones").fill('[{"valve":9007199254740993}]');
  await fields.getByLabel("target").fill("45.50");
  await fields.getByLabel("night").selectOption({ label: "true" });
  await page.getByText("The same in a terminal").click();
  const lines = await page.locator(".terminal code").allTextContents();
  await send.click();
  await page.locator("#answer .verdict b", { hasText: "200" }).waitFor();
  const payload = '{"mode":"manual","target":45.50,"night":true,"zones":[{"valve":9007199254740993}]}';
  assert.deepEqual(stub.sent, [
    {
      service: "irrigation",
      resource: "/setting/south",
      endpoint: "ep-1",
      application: "v1",
      payload,
      requestId: true,
    },
  ]);
  assert.equal(
    lines[0],
    `kaa call irrigation /setting/south \\\n  --endpoint ep-1 --app-version v1 \\\n  --data '${payload}'`,
  );
  assert.equal(
    lines[1],
    `curl -X POST http://127.0.0.1:8008/kp1/v1/irrigation/ep-1/setting/south \\\n  --data-raw '${payload}'`,
  );

  // A text is sent as it stands, also when the schema forbids it.
  await page.getByRole("button", { name: "Text", exact: true }).click();
  await page.getByLabel("Payload", { exact: true }).fill("it's no JSON");
  await page.getByText("it can be sent all the same").waitFor();
  stub.answer = () => [200, { correlationId: "c", status: 400, payload: { text: "expected ident", bytes: 14 } }];
  await send.click();
  await page.locator("#answer .verdict.refused b", { hasText: "400" }).waitFor();
  assert.equal(stub.sent[1].payload, "it's no JSON");
  assert.match((await page.locator(".terminal code").allTextContents())[0], /--data 'it'\\''s no JSON'$/);

  await page.getByLabel("Payload", { exact: true }).fill("{\n  \u001b[31m'");
  assert.ok(
    (await page.locator(".terminal code").allTextContents())[0].endsWith("--data $'{\n  \\U0000001b[31m\\''"),
    "what a terminal obeys is an escape",
  );

  stub.answer = () => [503, { error: "Nobody serves irrigation: start it, then send again." }];
  await send.click();
  await page.locator("#answer").getByText("Nobody serves irrigation: start it, then send again.").waitFor();
  visit.expected.push(/503/);

  // A message of somebody else comes into the form as it was.
  await page.locator("#rows tr", { hasText: "ep-1" }).last().click();
  await page.getByRole("button", { name: "Send it again…" }).click();
  assert.equal(await fields.getByLabel("bed").inputValue(), "south");
  return { lines };
};
