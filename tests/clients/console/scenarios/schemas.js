// Schemas are written by others: whatever they say, there is a form, soon, and a message can be sent with it.

const assert = require("node:assert/strict");
const sample = require("../sample.js");

const THING = { toString: 1, valueOf: 1 };
const WRONG = [5, "x", true, null, [], [5], THING];
const KEYWORDS = [
  ...["$ref", "allOf", "anyOf", "oneOf", "type", "enum", "examples", "description", "format", "minimum", "maximum"],
  ...["minLength", "pattern", "items", "minItems", "properties", "required", "minProperties", "propertyNames"],
];
// Every keyword with every value that it cannot have, at the top and within.
const MALFORMED = KEYWORDS.flatMap((keyword) =>
  WRONG.flatMap((value) => [
    { type: "object", properties: { a: { type: "string" } }, [keyword]: value },
    { type: "object", properties: { a: { [keyword]: value, default: THING } } },
  ]),
);
const itself = (count) => ({
  type: "object",
  properties: Object.fromEntries(Array.from({ length: count }, (_, n) => [`property${n}`, { $ref: "#" }])),
});
// Schemas that have no fields, and the text to begin with.
const TEXTS = [
  [{ type: "array", items: true, examples: [[1, "a"]] }, [1, "a"]],
  [{ $ref: "#/$defs/A", examples: [[7]], $defs: { A: { type: "array", items: { type: "integer" } } } }, [7]],
  [{ type: "array", minItems: 1, items: { type: "object", properties: { t: { type: "number" } } } }, [{ t: 0 }]],
  [{ type: "array", items: false }, []],
  [{ type: "object", minProperties: 1, propertyNames: { pattern: "^[a-z]+$" }, examples: [{ a: 1 }] }, { a: 1 }],
  [{ anyOf: [{ type: "array" }, { type: "object" }], examples: [{ a: 1 }] }, { a: 1 }],
  [true, {}],
];
const STRINGS = { type: "array", items: { type: "string", pattern: "^[a-z]{1,3}$" } };
// What is said of a value; of what is too hard to say, nothing is.
const SENTENCES = [
  [[], { type: "array", minItems: 1 }, "it needs 1 entry or more"],
  [[1, 2, 3], { items: true, maxItems: 2 }, "it takes 2 entries at most"],
  [{}, { minProperties: 2 }, "it needs 2 properties or more"],
  [{ a: 1, b: 2 }, { maxProperties: 1 }, "it takes 1 property at most"],
  [{ A: 1 }, { propertyNames: { pattern: "^[a-z]+$" } }, 'the name "A" has to be like ^[a-z]+$'],
  [{ a: 1 }, { propertyNames: true }, null],
  [["abc", "abcd"], STRINGS, "[1] has to be like ^[a-z]{1,3}$"],
  ["\u{1f331}\u{1f331}", { maxLength: 2 }, null],
  ["abc", { maxLength: 2 }, "it takes 2 characters at most"],
  [`${"a".repeat(60)}!`, { pattern: "^(a+)+$" }, null],
  ["a", { pattern: "^[" }, null],
  [7, { type: "float" }, null],
  [101, { enum: Array.from({ length: 200 }, (_, n) => n) }, null],
  [5, true, null],
];

module.exports = async function schemas(visit, stub) {
  const { page } = visit;
  let asked = 0;
  page.on("request", (request) => {
    if (request.url().endsWith("/description")) asked += 1;
  });
  const all = [...MALFORMED, itself(6), itself(40), ...TEXTS.map(([schema]) => schema)];
  const resources = all.map((schema, n) => ({ name: n, path: `/${n}`, doc: THING, schema, example: null }));
  resources.push({ name: THING, path: THING, doc: null, schema: null, example: 5 });
  stub.description = { services: [{ name: "strange", resources }] };
  stub.services = [{ ...sample.services()[0], name: "strange" }];
  stub.say("services", stub.services);
  await visit.until((most) => document.getElementById("resource").options.length === most, resources.length);

  const choose = (n) => page.selectOption("#resource", { index: n });
  const text = page.getByLabel("Payload", { exact: true });
  const chosen = await page.locator("#resource").evaluate((select) =>
    [...select.options].map((option) => {
      select.value = option.value;
      select.dispatchEvent(new Event("change"));
      return document.querySelectorAll("#form .body legend").length;
    }),
  );
  assert.deepEqual(chosen, Array(resources.length).fill(1), "each has its form");
  await choose(0);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.locator("#answer .verdict b", { hasText: "200" }).waitFor();
  for (const n of [MALFORMED.length, MALFORMED.length + 1]) {
    await choose(n);
    await page.getByRole("button", { name: "Fields", exact: true }).waitFor();
  }
  for (const [n, [, expected]] of TEXTS.entries()) {
    await choose(MALFORMED.length + 2 + n);
    assert.deepEqual(JSON.parse(await text.inputValue()), expected);
  }
  const { longest, said } = await page.evaluate(
    async ([recursive, sentences]) => {
      const [{ example }, { problem }] = await Promise.all(
        ["example", "problem"].map((name) => import(`/console/${name}.js`)),
      );
      return {
        longest: Math.max(...recursive.map((schema) => JSON.stringify(example(schema)).length)),
        said: sentences.map(([value, schema]) => problem(value, schema)),
      };
    },
    [[itself(6), itself(40)], SENTENCES],
  );
  assert.ok(longest < 50_000, `an example has ${longest} characters`);
  assert.deepEqual(
    said,
    SENTENCES.map(([, , expected]) => expected),
  );

  // The services are told of every second: those that are known are not asked again.
  for (let n = 0; n < 3; n += 1) stub.say("services", stub.services);
  stub.tell(sample.exchange(1));
  await page.locator("#rows tr").first().waitFor();
  assert.equal(asked, 1);
  return { schemas: all.length, longest };
};
