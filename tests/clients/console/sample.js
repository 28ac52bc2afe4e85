// Messages that the little platform might exchange. The same numbers give the same messages, so that pictures of the page
// can be compared.

const { SERVICES, description, services, sessions } = require("./platform.js");

const ENDPOINTS = ["greenhouse", "cellar", "roof", "north-wall", "sensor-7f3a"];

const all = () => SERVICES.flatMap((service) => service.resources.map((found) => ({ service, found })));

const PAYLOADS = {
  data: (n) => [{ json: [{ temperature: 20 + (n % 30) / 10, humidity: 50 + (n % 9) }] }, null],
  plain: (n) => [{ json: 40 + (n % 7) }, null],
  config: () => [{ json: { observe: true } }, { json: { configId: "a72f94c2", config: { sampling: 500 } } }],
  applied: () => [{ json: { configId: "a72f94c2", statusCode: 200 } }, null],
  command: () => [{ json: { observe: true } }, { json: [{ id: 1720855012, payload: { times: 3 } }] }],
  result: (n) => [{ json: [{ id: 1720855012, statusCode: 200, payload: { blinked: n % 4 } }] }, null],
  setting: (n) => [
    {
      json: {
        mode: "automatic",
        target: 30 + (n % 20),
        zones: [
          { valve: 1, name: "tomatoes" },
          { valve: 2, name: "basil" },
        ],
      },
    },
    { json: { accepted: true } },
  ],
  forecast: () => [null, { json: { rain: 0.4, unit: "mm" } }],
  updated: () => [{ json: { rate: 5 } }, null],
};

// The nth message, as it is when it has been answered; `changes` go over it.
function exchange(n, changes = {}) {
  const weighted = all().flatMap((one) => Array(Math.ceil(one.found.weight)).fill(one));
  const { service, found } = weighted[(n * 8) % weighted.length];
  const isEvent = found.kind === "listener";
  const replica = service.replicas[n % service.replicas.length];
  const status = isEvent ? null : n % 41 === 11 ? 400 : found.name === "forecast" && n % 2 === 0 ? 503 : 200;
  const endpoint = ENDPOINTS[(n * 3) % ENDPOINTS.length];
  const path = found.handles
    .replace(/\[.*/, "")
    .replace("{kind}", "blink")
    .replace("{metric}", "soil")
    .replace("{bed}", "south");
  const [payload, answered] = PAYLOADS[found.name](n);
  const [wait, handler] = [20 + (n % 5) * 30, Math.round(found.p50 * (0.6 + (n % 10) / 8))];
  const correlationId = `kpc-0-${(0x5e3a00 + n).toString(16)}`;
  const record = isEvent ? "ConfigUpdated" : "ClientData";
  return {
    id: n,
    kind: isEvent ? "event" : "request",
    at: Date.now(),
    correlationId,
    service: service.name,
    application: "demo-v1",
    endpoint,
    resource: isEvent ? null : path,
    communicationService: isEvent ? null : n % 3 === 0 ? "kpc-1" : "kpc-0",
    asker: null,
    replica: status ? replica : null,
    subject: isEvent ? "kaa.v1.events.cdp.endpoint.config.updated" : `kaa.v1.service.${service.name}.esp.ClientData`,
    protocol: isEvent ? "6/CDTP" : "4/ESP",
    record,
    status,
    reason:
      status >= 500
        ? "the weather service did not answer within 2 s"
        : status >= 400
          ? "humidity has to be a number, at line 1 column 13"
          : null,
    unanswered: false,
    request: {
      fields: {
        correlationId,
        timeout: 5000,
        appVersionName: "demo-v1",
        endpointId: endpoint,
        resourcePath: path,
        requestId: n % 100,
        replyTo: "kaa.v1.replica.kpc-0",
      },
      payload: payload && { ...payload, bytes: JSON.stringify(payload.json).length },
      bytes: 148,
    },
    answer: status && {
      subject: "kaa.v1.replica.kpc-0.esp.ExtensionData",
      record: "ExtensionData",
      fields: { correlationId, statusCode: status, extensionInstanceName: service.name },
      payload: status === 200 && answered ? { ...answered, bytes: JSON.stringify(answered.json).length } : null,
      bytes: 96,
    },
    took: status && 300 + wait + handler,
    handlers: [
      {
        replica,
        function: found.name,
        stages: [
          { name: "on the bus", from: 0, to: 160 },
          { name: "in line", from: 160, to: 160 + wait },
          { name: "handler", from: 160 + wait, to: 160 + wait + handler },
          { name: "answer", from: 160 + wait + handler, to: 300 + wait + handler },
        ],
      },
    ],
    ...changes,
  };
}

// The same before its answer was there.
const asked = (answered) => ({
  ...answered,
  status: null,
  reason: null,
  replica: null,
  answer: null,
  took: null,
  handlers: [],
  unanswered: false,
});

module.exports = { asked, description, exchange, services, sessions };
