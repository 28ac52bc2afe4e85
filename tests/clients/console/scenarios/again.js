// A message that is sent again is the same message, most of all one that was refused: what fields cannot say is text.

const assert = require("node:assert/strict");
const sample = require("../sample.js");

const SCHEMA = {
  type: "object",
  properties: {
    on: { type: "boolean" },
    id: { type: "integer" },
    mode: { enum: ["slow", "fast"] },
    label: { type: ["string", "null"] },
    target: { type: "number", maximum: 100 },
    zones: { anyOf: [{ type: "array", items: { type: "number" } }, { type: "null" }] },
  },
};
// What was sent, how the form shows it, and what it sends, if that is written in another way.
const MESSAGES = [
  ...["{}", "5", "null", '"a"', "[1]", '{"on":true}'].map((text) => ["/bare", text, "text"]),
  ...[
    '{"on":"no","id":12345678901234567890}',
    "5",
    "12345678901234567890",
    "null",
    '"on"',
    '[{"on":true}]',
    '{"on":0}',
    '{"on":null}',
    '{"id":"5"}',
    '{"mode":"nonsense"}',
    '{"label":null}',
    '{"label":""}',
    '{"label":5}',
    '{"label":"two\\nlines"}',
    '{"target":"45"}',
    '{"target":130}',
    '{"other":1}',
    '{"__proto__":1}',
  ].map((text) => ["/typed", text, "text"]),
  ...[
    "{}",
    '{"on":false,"id":12345678901234567890,"mode":"fast","label":"a"}',
    '{"id":-0}',
    '{"id":1.0}',
    '{"id":1E2,"target":45.50}',
    '{"zones":[1.0,2,12345678901234567890]}',
    '{"zones":null}',
  ].map((text) => ["/typed", text, "fields"]),
  // In which order properties stand is nothing that a service can tell.
  ["/typed", '{"id":5,"on":true}', "fields", '{"on":true,"id":5}'],
];

module.exports = async function again(visit, stub) {
  const { page } = visit;
  const resource = (path, schema) => ({ name: path, path, doc: "", schema, example: null });
  stub.description = { services: [{ name: "s", resources: [resource("/bare", null), resource("/typed", SCHEMA)] }] };
  const handled = ["/bare", "/typed"].map((handles) => ({ name: handles, kind: "resource", handles }));
  stub.services = [{ ...sample.services()[0], name: "s", resources: handled }];
  stub.say("services", stub.services);
  await visit.until(() => document.getElementById("resource").options.length === 2);
  MESSAGES.forEach(([path, text], n) => {
    const given = { kind: "request", service: "s", resource: path, endpoint: `e-${n}.`, application: "v1" };
    const exchange = sample.exchange(n + 1, { ...given, request: { fields: {}, payload: { json: "HERE", bytes: 1 } } });
    stub.write("exchange", JSON.stringify(exchange).replace('"HERE"', () => text));
  });
  await visit.until((all) => document.querySelectorAll("#rows tr").length === all, MESSAGES.length);

  // Others show that a pointer reaches all of these.
  const press = (what) => what.dispatchEvent("click");
  for (const [n, [path, text, shape, sent = text]] of MESSAGES.entries()) {
    await press(page.locator("#rows tr", { hasText: `e-${n}.` }).last());
    await press(page.getByRole("button", { name: "Send it again…" }));
    const isText = await page.locator("#payload-text").isVisible();
    assert.equal(isText ? "text" : "fields", shape, `${path} ${text}`);
    await press(page.getByRole("button", { name: "Send", exact: true }));
    await page.getByRole("button", { name: "Look at it" }).waitFor();
    assert.equal(stub.sent.length, n + 1);
    assert.deepEqual([stub.sent[n].resource, stub.sent[n].endpoint, stub.sent[n].payload], [path, `e-${n}.`, sent]);
  }
  return { sent: stub.sent.length };
};
