// Reads an AsyncAPI document from standard input with the parser of the AsyncAPI initiative, which knows Avro, and
// prints what it found as JSON: what it objects to, and the operations with the messages they receive and answer.

const { Parser } = require("@asyncapi/parser");
const { AvroSchemaParser } = require("@asyncapi/avro-schema-parser");
const { text } = require("node:stream/consumers");

const ERROR = 0;
const WARNING = 1;

async function main() {
  const parser = new Parser();
  parser.registerSchemaParser(AvroSchemaParser());
  const { document, diagnostics } = await parser.parse(await text(process.stdin));
  const objections = diagnostics
    .filter(({ severity }) => severity === ERROR || severity === WARNING)
    .map(({ severity, code, message, path }) => ({ severity, code, message, path: path.join(".") }));
  const names = (messages) => messages.all().map((message) => message.name());
  const operations = (document?.operations().all() ?? []).map((operation) => ({
    id: operation.id(),
    address: operation.channels().all()[0].address(),
    messages: names(operation.messages()),
    answers: operation.reply() ? names(operation.reply().messages()) : [],
    payload: operation.messages().all()[0].json()["x-payload"] ?? null,
    // The Avro schema, which the parser has made a JSON Schema of.
    fields: Object.keys(operation.messages().all()[0].payload().json().schema.properties),
  }));
  console.log(JSON.stringify({ objections, operations }));
}

main();
