// What devices and services send is text, wherever it is shown: nothing of it runs, hides, or turns the line around.

const assert = require("node:assert/strict");
const sample = require("../sample.js");

const TEXTS = [
  "<img src=x onerror=alert(1)>",
  "</script><script>alert(2)</script>",
  "javascript:alert(3)",
  "<svg onload=alert(4)><a xlink:href='javascript:alert(5)'>here</a></svg>",
  "<iframe srcdoc='<script>alert(6)</script>'></iframe>",
  "<style>*{display:none}</style>",
  '" onmouseover="alert(7)" x="',
  "{{constructor.constructor('alert(8)')()}}",
  "\u202egnp.exe\u202c \u200bhidden\u2066 \ufeff",
  "\u0000\u0007\u001b[31mred\u001b[0m\u009b2J\r\nsecond line",
  "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324a\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307",
  "__proto__",
  "\ud800 alone",
  `${"long line ".repeat(410)}<b>end`,
];

// Everything that somebody else decides about a message.
function exchange(text, n) {
  const given = sample.exchange(n);
  return {
    ...given,
    correlationId: text,
    service: text,
    application: text,
    endpoint: text,
    resource: `/${text}`,
    communicationService: text,
    asker: n % 2 ? text : null,
    replica: text,
    subject: text,
    protocol: text,
    record: text,
    status: 400,
    reason: text,
    handlers: [
      {
        replica: text,
        function: text,
        stages: [
          { name: text, from: 0, to: 10 },
          { name: "handler", from: "x", to: {} },
        ],
      },
      { replica: text, function: text },
    ],
    request: {
      fields: { [text]: text, nested: { [text]: [text] } },
      payload: { json: { [text]: text }, bytes: 10 },
      bytes: 10,
    },
    answer: { subject: text, record: text, fields: {}, payload: { text, bytes: 10 }, bytes: 10 },
  };
}

module.exports = async function hostile(visit, stub) {
  const { page } = visit;
  const resources = TEXTS.map((text, n) => ({
    name: text,
    kind: n % 2 ? "resource" : text,
    handles: text,
    doc: text,
    requests: 1,
    errors: 1,
    rate: 1,
    p50: null,
    p99: null,
    lastError: text,
  }));
  stub.services = TEXTS.map((text) => ({
    name: text,
    replica: text,
    version: text,
    health: text,
    started: text,
    waiting: 1,
    pinned: 1,
    resources,
  }));
  const schema = (text) => ({
    type: "object",
    description: text,
    properties: { [text]: { type: "string", description: text, default: text }, choice: { enum: [text, "b"] } },
    required: [text],
  });
  stub.description = {
    services: TEXTS.map((text) => ({
      name: text,
      resources: [{ name: text, path: `/{${text}}`, doc: text, schema: schema(text), example: { [text]: text } }],
    })),
  };
  stub.say("services", stub.services);
  stub.say(
    "sessions",
    TEXTS.map((text) => ({ endpoint: text, service: text, replica: text, since: text })),
  );
  TEXTS.forEach((text, n) => stub.tell(exchange(text, n + 1)));
  // Nothing but brackets, and numbers where texts are expected.
  const deep = JSON.parse(`${"[".repeat(2000)}${"]".repeat(2000)}`);
  stub.tell({
    ...sample.exchange(100),
    endpoint: 7,
    resource: {},
    request: { fields: { deep }, payload: { json: deep, bytes: 4000 }, bytes: 4000 },
  });
  await visit.until((wanted) => document.querySelectorAll("#rows tr").length === wanted, TEXTS.length + 1);
  await visit.until((wanted) => document.getElementById("resource").options.length === wanted, TEXTS.length);

  for (let n = 0; n <= TEXTS.length; n += 1) {
    await page
      .locator("#rows tr")
      .nth(n)
      .click({ position: { x: 30, y: 10 } });
    for (const summary of await page.locator("#detail summary").all()) await summary.click();
    if (n < TEXTS.length) await page.selectOption("#resource", String(n), { force: true }).catch(() => {});
    await looksHarmless(page);
  }
  await page
    .locator("#rows tr")
    .nth(TEXTS.length)
    .click({ position: { x: 30, y: 10 } });
  const first = await page.locator("#detail").textContent();
  assert.ok(first.includes("<img src=x onerror=alert(1)>"), "markup is shown as it was sent");
  await page.keyboard.press("Escape");
  for (let n = 0; n < TEXTS.length; n += 1) {
    await page.selectOption("#resource", String(n));
    await looksHarmless(page);
  }
  // The answer to what the form sends is somebody else's, too.
  for (const text of TEXTS) {
    stub.answer = () => [500, { error: text }];
    await page.locator("#form").evaluate((form) => form.requestSubmit());
    await looksHarmless(page);
  }
  visit.expected.push(/the server responded with a status of 500/);
  const rows = await page.locator("#rows").textContent();
  assert.ok(rows.includes("\\u{202e}gnp.exe"), "what turns a line around is an escape");
  assert.ok(rows.includes("\\u{1b}[31m"), "so is what a terminal would obey");
  return { texts: TEXTS.length };
};

async function looksHarmless(page) {
  const found = await page.evaluate(() => ({
    elements: document.querySelectorAll(
      "main img, main script, main iframe, main style, main a, main object, main embed, main foreignObject",
    ).length,
    attributes: [...document.querySelectorAll("main *")]
      .flatMap(({ attributes }) => [...attributes])
      .filter(({ name }) => name.startsWith("on") || name === "style" || name === "srcdoc")
      .map(({ name }) => name),
    links: [...document.querySelectorAll("[href]")]
      .map((element) => element.getAttribute("href"))
      .filter((link) => !/^(#|\/console\/)/.test(link)),
    unseen:
      /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/.exec(
        document.body.textContent,
      )?.index ?? null,
    wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  }));
  assert.deepEqual(found, { elements: 0, attributes: [], links: [], unseen: null, wide: false });
}
