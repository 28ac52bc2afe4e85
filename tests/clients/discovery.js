// Looks for services on NATS as `nats micro` does, with the client of NATS for JavaScript, and prints what answers:
//
//     discovery.js --url nats://127.0.0.1:4222 --name quickstart --replicas 2 [--user u --pass p]

const { parseArgs } = require("node:util");
const { connect } = require("@nats-io/transport-node");
const { Svcm } = require("@nats-io/services");

const PATIENCE = 10_000;

const { values: options } = parseArgs({
  options: { url: { type: "string" }, name: { type: "string" }, replicas: { type: "string" }, user: { type: "string" }, pass: { type: "string" } },
});

async function all(answers) {
  const found = [];
  for await (const answer of await answers) found.push(answer);
  return found;
}

async function main() {
  const connection = await connect({ servers: options.url, user: options.user, pass: options.pass });
  // It is known how many there are, so nothing depends on how long they take.
  const client = (maxMessages) =>
    new Svcm(connection).client({ strategy: "count", maxMessages: Number(maxMessages), maxWait: PATIENCE });
  const everybody = await all(client(options.replicas).ping());
  const ping = await all(client(options.replicas).ping(options.name));
  const info = await all(client(options.replicas).info(options.name));
  const stats = await all(client(options.replicas).stats(options.name));
  const one = await all(client(1).ping(options.name, ping[0].id));
  console.log(JSON.stringify({ everybody, ping, info, stats, one }));
  await connection.close();
}

main();
