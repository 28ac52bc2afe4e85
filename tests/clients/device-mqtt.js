// A device on the `mqtt` package of npm: plays the device script and prints what it saw, one JSON line per
// act.
//
//     device-mqtt.js --port 1883 --token t [--mqtt5] [--websocket] [--ca ca.pem]
//
// tests/tests/kpc_devices/script.rs says what the acts are for and what has to be seen.

const { readFileSync } = require("node:fs");
const { parseArgs } = require("node:util");
const mqtt = require("mqtt");

const PATIENCE = 10_000;

const { values: options } = parseArgs({
  options: {
    port: { type: "string" },
    token: { type: "string" },
    mqtt5: { type: "boolean" },
    websocket: { type: "boolean" },
    ca: { type: "string" },
  },
});

/** Things that happen, to be taken one by one. */
class Queue {
  #came = [];
  #waiting = [];

  put(thing) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(thing);
    else this.#came.push(thing);
  }

  take(what) {
    if (this.#came.length > 0) return this.#came.shift();
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`waited ${PATIENCE} ms for ${what}`)), PATIENCE);
      this.#waiting.push((thing) => {
        clearTimeout(late);
        resolve(thing);
      });
    });
  }
}

/** A client, and everything that happens to it. */
class Device {
  messages = new Queue();
  ends = new Queue();
  reason = "closed";

  static async connect(clientId) {
    const scheme = (options.websocket ? "ws" : "mqtt") + (options.ca ? "s" : "");
    const path = options.websocket ? "/ws" : "";
    const device = new Device();
    const client = mqtt.connect(`${scheme}://127.0.0.1:${options.port}${path}`, {
      clientId,
      protocolVersion: options.mqtt5 ? 5 : 4,
      // Or a client whose session was taken over would take it back.
      reconnectPeriod: 0,
      ca: options.ca && readFileSync(options.ca),
    });
    device.client = client;
    client.on("message", (topic, payload, { qos }) => device.messages.put([topic, qos, payload.toString()]));
    client.on("disconnect", ({ reasonCode }) => (device.reason = reasonCode === 142 ? "taken over" : "closed"));
    client.on("close", () => device.ends.put(device.reason));
    const connected = new Queue();
    client.once("connect", () => connected.put(null));
    client.on("error", (error) => connected.put(error));
    const error = await connected.take("CONNACK");
    if (error) throw error;
    return device;
  }

  /** Resolves when the server has acknowledged it. */
  tell(topic, payload, qos = 0) {
    return this.client.publishAsync(topic, payload, { qos });
  }

  /** The next messages, as they came. */
  async hear(count) {
    const seen = [];
    while (seen.length < count) seen.push(await this.messages.take("a message"));
    return seen;
  }

  async ask(topic, payload, qos = 0) {
    const [, seen] = await Promise.all([this.tell(topic, payload, qos), this.hear(1)]);
    return seen;
  }

  /** Whether the subscription is granted. */
  subscribe(topic) {
    return new Promise((resolve) =>
      this.client.subscribe(topic, { qos: 1 }, (error, granted) =>
        resolve(!error && granted.every(({ qos }) => qos < 128)),
      ),
    );
  }

  leave() {
    return this.client.endAsync();
  }
}

function saw(act, seen) {
  console.log(JSON.stringify({ act, seen }));
}

async function play() {
  const token = options.token;
  const quickstart = `kp1/av/quickstart/${token}`;
  const device = await Device.connect(`js-${token}`);

  saw("data with a request ID", await device.ask(`${quickstart}/json/42`, '[{"temperature":21}]'));

  // What is asked later is answered later: an answer to the first would be seen.
  await device.tell(`${quickstart}/json`, '[{"temperature":21}]');
  saw("data without a request ID", await device.ask(`${quickstart}/echo/43`, "after it"));

  saw("an unknown resource", await device.ask(`${quickstart}/weather/44`, ""));
  saw("an unknown resource, without a request ID", await device.ask(`${quickstart}/weather`, ""));
  saw("an extension that nobody serves", await device.ask(`kp1/av/nobody/${token}/json/45`, "{}"));

  const observed = await device.ask(`kp1/av/stage/${token}/observe/46`, "");
  await device.tell(`kp1/av/stage/${token}-teller/push/${token}/47`, "news");
  saw("a push", [...observed, ...(await device.hear(2))]);

  for (const [endpoint, id] of [["a", 0], ["b", 0], ["a", 1], ["a", 0], ["b", 1]]) {
    device.tell(`${quickstart}-${endpoint}/echo/${id}`, `${endpoint}${id}`);
  }
  saw("two endpoints", await device.hear(5));

  const answers = [];
  for (const qos of [0, 1, 2]) answers.push(...(await device.ask(`${quickstart}/echo/5${qos}`, `QoS ${qos}`, qos)));
  saw("every quality of service", answers);

  saw("an empty payload", await device.ask(`${quickstart}/echo/53`, ""));

  const filters = ["#", "kp1/av/quickstart/+/json/status", "$SYS/#", `${quickstart}/#`];
  const granted = [];
  for (const filter of filters) granted.push(await device.subscribe(filter));
  saw("subscriptions", granted);

  const second = await Device.connect(`js-${token}`);
  const ended = await device.ends.take("the end of the first connection");
  const answer = await second.ask(`${quickstart}/echo/54`, "it is me");
  await second.tell(`kp1/av/stage/${token}-teller/push/${token}/55`, "more news");
  saw("a takeover", [ended, ...answer, ...(await second.hear(2))]);
  await second.leave();

  // A request before CONNACK is beyond this client: it keeps what is published until it is connected.
}

play().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
