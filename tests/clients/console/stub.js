// Stands in for the console's server: the page with its headers, the stream, the description, and answers to what the
// form sends. Started by itself it plays a small platform, to look at the page without any Rust:
//
//     node stub.js --port 8123 --rate 20

const { createServer } = require("node:http");
const { readFile } = require("node:fs/promises");
const { extname, join } = require("node:path");
const { parseArgs } = require("node:util");
const { json } = require("node:stream/consumers");
const sample = require("./sample.js");

const ASSETS = join(__dirname, "../../../crates/kaa-console/assets");
const TYPES = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml" };
const HEADERS = {
  "content-security-policy": "default-src 'self'",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

class Stub {
  #streams = new Set();
  #server = createServer((request, response) =>
    this.#serve(request, response).catch((error) => response.writeHead(500).end(String(error))),
  );
  // What the form has sent.
  sent = [];
  // What it is told; a function of what it sent.
  answer = ({ payload }) => [
    200,
    {
      correlationId: `console-${this.sent.length}`,
      status: 200,
      payload: payload === "" ? null : { json: { accepted: 1 }, bytes: 14 },
    },
  ];
  // What a stream begins with.
  services = sample.services();
  description = sample.description();
  sessions = sample.sessions();
  isAway = false;
  // Is told when the last stream has ended.
  left = null;

  async start(port = 0) {
    await new Promise((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${this.#server.address().port}/console`;
    this.ticking = setInterval(() => this.say("services", this.services), 1000);
    return this;
  }

  say(name, data) {
    this.write(name, JSON.stringify(data));
  }

  // The same as JSON that stays as it is.
  write(name, text) {
    for (const stream of this.#streams) stream.write(`event: ${name}\ndata: ${text}\n\n`);
  }

  // A message, asked and answered.
  tell(exchange) {
    this.say("exchange", sample.asked(exchange));
    this.say("exchange", exchange);
  }

  // Until nobody watches.
  async deserted() {
    if (this.#streams.size > 0) await new Promise((resolve) => (this.left = resolve));
  }

  // All streams end, and while it is away no other is served.
  leave() {
    this.isAway = true;
    for (const stream of this.#streams) stream.destroy();
  }

  back() {
    this.isAway = false;
  }

  stop() {
    clearInterval(this.ticking);
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request, response) {
    const { pathname } = new URL(request.url, "http://stub");
    if (this.isAway) return response.writeHead(503, HEADERS).end();
    if (pathname === "/console/events") return this.#stream(request, response);
    if (pathname === "/console/description") return reply(response, 200, this.description);
    if (pathname === "/console/send") return this.#take(request, response);
    const name = pathname === "/console" ? "index.html" : pathname.slice("/console/".length);
    const known = /^[a-z]+\.[a-z]+$/.test(name) && (await readFile(join(ASSETS, name)).catch(() => null));
    if (!known) return response.writeHead(404, HEADERS).end();
    response.writeHead(200, { ...HEADERS, "content-type": `${TYPES[extname(name)]}; charset=utf-8` }).end(known);
  }

  #stream(request, response) {
    response.writeHead(200, { ...HEADERS, "content-type": "text/event-stream" });
    this.#streams.add(response);
    response.on("close", () => {
      this.#streams.delete(response);
      if (this.#streams.size === 0) this.left?.();
    });
    const begin = [
      ["hello", { version: 1, perSecond: 500, kept: 1000 }],
      ["services", this.services],
      ["sessions", this.sessions],
    ];
    for (const [name, data] of begin) response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  async #take(request, response) {
    if (request.method !== "POST" || request.headers["content-type"] !== "application/json")
      return reply(response, 415, { error: "send JSON" });
    const message = await json(request);
    this.sent.push(message);
    const [status, said] = this.answer(message);
    if (status === 200)
      this.tell(
        sample.exchange(90_000 + this.sent.length, {
          kind: "request",
          correlationId: said.correlationId,
          service: message.service,
          resource: message.resource,
          endpoint: message.endpoint,
          communicationService: said.correlationId,
          asker: "the console",
        }),
      );
    return reply(response, status, said);
  }
}

const reply = (response, status, value) =>
  response.writeHead(status, { ...HEADERS, "content-type": "application/json" }).end(JSON.stringify(value));

async function play({ port, rate }) {
  const stub = await new Stub().start(Number(port));
  let n = 0;
  let second = 0;
  setInterval(() => {
    second += 1;
    stub.services = sample.services(second);
    stub.say("sessions", sample.sessions());
  }, 1000);
  setInterval(
    () => {
      n += 1;
      const exchange = sample.exchange(n);
      stub.say("exchange", sample.asked(exchange));
      const answered = n % 29 === 0 ? { ...sample.asked(exchange), unanswered: exchange.kind === "request" } : exchange;
      setTimeout(() => stub.say("exchange", answered), n % 29 === 0 ? 3000 : 5);
    },
    1000 / Number(rate),
  );
  console.log(stub.url);
}

module.exports = { Stub };
if (require.main === module) {
  play(
    parseArgs({ options: { port: { type: "string", default: "8123" }, rate: { type: "string", default: "20" } } })
      .values,
  );
}
