// Paths with optional parts: each part is there as a whole or not at all, and what is sent again goes where it went
// before.

const assert = require("node:assert/strict");
const sample = require("../sample.js");

const PATTERNS = ["/config[/named/{name}]", "/log[/{level}[/{topic}]]", "/report[/all[/{month}]]", "/at/{x}/{y}"];
// What is filled in, and where it goes.
const WAYS = [
  ["/config[/named/{name}]", {}, "/config"],
  ["/config[/named/{name}]", { name: "net" }, "/config/named/net"],
  ["/log[/{level}[/{topic}]]", {}, "/log"],
  ["/log[/{level}[/{topic}]]", { level: "warn" }, "/log/warn"],
  ["/log[/{level}[/{topic}]]", { level: "warn", topic: "disk" }, "/log/warn/disk"],
  ["/report[/all[/{month}]]", {}, "/report"],
  ["/report[/all[/{month}]]", { "/all": "/all" }, "/report/all"],
  ["/report[/all[/{month}]]", { month: "may" }, "/report/all/may"],
  ["/at/{x}/{y}", { x: "1", y: "2" }, "/at/1/2"],
];
const ASTRAY = ["/config/named", "/config/other/net", "/log/", "/log/a/b/c", "/report/none", "/at/1", "/", ""];

module.exports = async function paths(visit, stub) {
  const { page } = visit;
  const resources = PATTERNS.map((path) => ({ name: path, path, doc: "", schema: null, example: null }));
  stub.description = { services: [{ name: "ways", resources }] };
  stub.services = [
    {
      ...sample.services()[0],
      name: "ways",
      resources: PATTERNS.map((handles) => ({ name: handles, kind: "resource", handles })),
    },
  ];
  stub.say("services", stub.services);
  await visit.until((most) => document.getElementById("resource").options.length === most, PATTERNS.length);
  const send = page.getByRole("button", { name: "Send", exact: true });
  const parameters = page.locator("#form .pair").nth(1);
  const sent = async (count) => {
    await send.click();
    await page.waitForFunction(() => document.querySelector("#answer .verdict"));
    assert.equal(stub.sent.length, count);
    return stub.sent.at(-1).resource;
  };

  for (const [pattern, values, path] of WAYS) {
    await page.selectOption("#resource", { index: 0 });
    await page.selectOption("#resource", { index: PATTERNS.indexOf(pattern) });
    for (const [name, value] of Object.entries(values)) {
      const input = parameters.getByLabel(name);
      if (name.startsWith("/")) await input.selectOption(value);
      else await input.fill(value);
    }
    const before = stub.sent.length;
    assert.equal(await sent(before + 1), path, pattern);
    // The stub has told of it: the same once more, by the path alone.
    await page.selectOption("#resource", { index: 0 });
    await page.getByRole("button", { name: "Look at it" }).click();
    await page.getByRole("button", { name: "Send it again…" }).click();
    assert.equal(await sent(before + 2), path, `${pattern}, again`);
  }

  await page.selectOption("#resource", { index: PATTERNS.indexOf("/log[/{level}[/{topic}]]") });
  await parameters.getByLabel("topic").fill("disk");
  await send.click();
  await page.locator("#send-problem").getByText("level is needed").waitFor();

  const astray = await page.evaluate(
    async ([patterns, given]) => {
      const { fit } = await import("/console/path.js");
      return given.filter((path) => patterns.some((pattern) => fit(pattern, path) >= 0));
    },
    [PATTERNS, ASTRAY],
  );
  assert.deepEqual(astray, [], "a path that no resource handles fits none of them");
  return { ways: WAYS.length };
};
