// Visits the console with a browser, as somebody would who looks at it, and says what it has seen:
//
//     visit.js tour --url http://127.0.0.1:9090/console --service dcx --resource /json --payload '[{"t":1}]'
//     visit.js hostile                         on the stub in this process; so are all scenarios without --url
//     visit.js pictures --pictures docs/images
//
// The browser is that in KAA_CHROMIUM, else Debian's.

const { parseArgs } = require("node:util");
const { tmpdir } = require("node:os");
const { Visit } = require("./visitor.js");
const { Stub } = require("./stub.js");

const SCENARIOS = [
  "again",
  "broken",
  "burst",
  "filter",
  "first",
  "form",
  "hidden",
  "hostile",
  "late",
  "newcomer",
  "paths",
  "pictures",
  "readable",
  "schemas",
  "still",
  "tour",
];

async function main() {
  const {
    values,
    positionals: [scenario],
  } = parseArgs({
    allowPositionals: true,
    options: {
      url: { type: "string" },
      pictures: { type: "string", default: tmpdir() },
      service: { type: "string", default: "dcx" },
      resource: { type: "string", default: "/json" },
      payload: { type: "string", default: '[{"temperature":21.5}]' },
    },
  });
  if (!SCENARIOS.includes(scenario))
    throw new Error(`there is no scenario ${scenario}; there are ${SCENARIOS.join(", ")}`);
  const stub = values.url ? null : await new Stub().start();
  const visit = await Visit.begin(values.url ?? stub.url);
  try {
    const seen = await require(`./scenarios/${scenario}.js`)(visit, stub, values);
    visit.isClean();
    console.log(JSON.stringify({ scenario, ...seen }));
  } finally {
    await visit.end();
    stub?.stop();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
