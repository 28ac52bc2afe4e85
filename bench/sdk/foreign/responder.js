// The extension with nats.js and avsc: `responder.js <url>`.

const fs = require("node:fs");
const path = require("node:path");
const avro = require("avsc");
const { connect } = require("nats");

const SCHEMAS = path.join(__dirname, "../../../crates/kaa-protocol/schemas/4-esp");

function schema(record) {
  return avro.Type.forSchema(JSON.parse(fs.readFileSync(path.join(SCHEMAS, `${record}.seed.avsc`), "utf8")));
}

const [clientData, extensionData] = [schema("ClientData"), schema("ExtensionData")];

async function main(url) {
  const connection = await connect({ servers: url });
  for await (const message of connection.subscribe("kaa.v1.service.bench.esp.ClientData", { queue: "bench" })) {
    const request = clientData.fromBuffer(Buffer.from(message.data));
    const samples = JSON.parse(request.payload);
    const mean = samples.reduce((sum, sample) => sum + sample.humidity, 0) / samples.length;
    const answer = {
      correlationId: request.correlationId,
      timestamp: Date.now(),
      timeout: 0,
      appVersionName: request.appVersionName,
      extensionInstanceName: "bench",
      endpointId: request.endpointId,
      resourcePath: request.resourcePath,
      requestId: request.requestId,
      payload: Buffer.from(JSON.stringify({ accepted: samples.length, mean })),
      statusCode: 200,
      reasonPhrase: null,
    };
    message.respond(extensionData.toBuffer(answer));
  }
}

main(process.argv[2]);
