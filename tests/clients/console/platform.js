// A little platform as the console's server would tell of it: services, what can be sent to them, sessions.

const SETTING = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Setting",
  type: "object",
  required: ["mode", "target"],
  properties: {
    mode: { description: "Who decides when the valve opens.", $ref: "#/$defs/Mode" },
    target: { description: "Moisture of the soil to be kept, in per cent.", type: "number", minimum: 0, maximum: 100 },
    liters: {
      description: "At most this much water a day.",
      type: ["integer", "null"],
      format: "uint32",
      minimum: 0,
      default: 20,
    },
    night: { description: "Whether to water at night, too.", type: "boolean", default: false },
    label: { type: ["string", "null"], maxLength: 20 },
    zones: { description: "The beds, each with its valve.", type: "array", items: { $ref: "#/$defs/Zone" } },
  },
  $defs: {
    Mode: { oneOf: [{ const: "automatic", description: "By the soil." }, { const: "manual" }, { const: "off" }] },
    Zone: { type: "object", required: ["valve"], properties: { valve: { type: "integer" }, name: { type: "string" } } },
  },
};

const resource = (name, handles, doc, weight, p50, more = {}) => ({
  name,
  kind: "resource",
  handles,
  doc,
  weight,
  p50,
  schema: null,
  example: null,
  errors: 0,
  ...more,
});

const SERVICES = [
  {
    name: "cmx",
    version: "1.4.0",
    replicas: ["cmx-0"],
    resources: [
      resource(
        "config",
        "/config/json[/{config_name}]",
        "Answers with the configuration of the endpoint; observes it when asked to.",
        2,
        610,
        {
          schema: {
            type: "object",
            properties: {
              observe: { type: ["boolean", "null"], description: "Whether to be told of changes." },
              configId: { type: ["string", "null"] },
            },
          },
        },
      ),
      resource(
        "applied",
        "/applied/json[/{config_name}]",
        "Notes which configuration an endpoint has applied.",
        1,
        240,
      ),
      {
        name: "updated",
        kind: "listener",
        handles: "ConfigUpdated",
        doc: "Pushes a new configuration to those who observe it.",
        weight: 0.4,
        p50: 90,
        errors: 0,
      },
    ],
  },
  {
    name: "cex",
    version: "1.2.1",
    replicas: ["cex-0", "cex-1"],
    resources: [
      resource("command", "/command/{kind}", "Hands out the commands that wait for the endpoint.", 2, 330),
      resource("result", "/result/{kind}", "Takes what became of a command.", 1, 410),
    ],
  },
  {
    name: "dcx",
    version: "2.0.0",
    replicas: ["dcx-0", "dcx-1", "dcx-2"],
    resources: [
      resource("data", "/json", "Stores samples, and confirms them when every receiver has.", 9, 1400, {
        example: [{ temperature: 21.5, humidity: 55 }],
      }),
      resource("plain", "/plain/{metric}", "Stores one number of a device that has no JSON.", 2, 900),
    ],
  },
  {
    name: "irrigation",
    version: "0.3.0",
    replicas: ["irrigation-0"],
    resources: [
      resource("setting", "/setting/{bed}[/{season}]", "Changes how a bed is watered.", 2, 180, { schema: SETTING }),
      resource("forecast", "/forecast", "Asks a weather service, which is slow.", 1, 48_000, { errors: 3 }),
    ],
  },
];

// What `services` tells, `second` by second.
function services(second = 0) {
  return SERVICES.flatMap((service) =>
    service.replicas.map((replica, at) => ({
      name: service.name,
      replica,
      version: service.version,
      health: replica === "cex-1" ? "silent" : "ready",
      started: new Date(Date.now() - 7_400_000 * (at + 1)).toISOString(),
      waiting: service.name === "dcx" ? 3 - at : 0,
      pinned: service.name === "cmx" ? 2 : 0,
      resources: service.resources.map(({ name, kind, handles, doc, weight, p50, errors }, nth) => ({
        name,
        kind,
        handles,
        doc,
        errors,
        requests: Math.round(weight * 640 + second * weight),
        rate: Math.max(
          0,
          (weight * (0.75 + 0.35 * Math.sin(second / 5 + nth * 2 + at) + 0.12 * Math.sin(second * 1.7 + nth))) /
            service.replicas.length,
        ),
        p50,
        p99: p50 * 6,
        lastError: errors > 0 ? "503: the weather service did not answer within 2 s" : null,
      })),
    })),
  );
}

function description() {
  const ofResources = (resources) =>
    resources
      .filter(({ kind }) => kind === "resource")
      .map(({ name, handles, doc, schema, example }) => ({ name, path: handles, doc, schema, example }));
  return { services: SERVICES.map(({ name, resources }) => ({ name, resources: ofResources(resources) })) };
}

function sessions(now = Date.now()) {
  return ["greenhouse", "cellar"].map((endpoint, at) => ({
    endpoint,
    service: "cmx",
    replica: "cmx-0",
    since: now - 95_000 * (at + 1),
  }));
}

module.exports = { SERVICES, description, services, sessions };
