// What became of a message. The names are those of the shapes in the page and of the colours in `theme.css`.

export const OUTCOMES = [
  { name: "ok", label: "Answered" },
  { name: "refused", label: "Refused" },
  { name: "failed", label: "Failed" },
  { name: "silent", label: "No answer" },
];

export function outcome(exchange) {
  if (exchange.unanswered) return "silent";
  if (typeof exchange.status === "number") return ofStatus(exchange.status);
  if (exchange.answer) return "ok";
  // Nobody answers a push or an event.
  return exchange.kind === "push" || exchange.kind === "event" ? "told" : "waiting";
}

export function ofStatus(status) {
  if (typeof status !== "number") return "silent";
  return status < 400 ? "ok" : status < 500 ? "refused" : "failed";
}

// For people: the status, or why there is none.
export function said(exchange) {
  if (typeof exchange.status === "number") return String(exchange.status);
  switch (outcome(exchange)) {
    case "silent":
      return "no answer";
    case "waiting":
      return "waiting";
    case "ok":
      return "answered";
    default:
      return "sent";
  }
}

// What it is about: the path of a resource, or else the record, or the last word of a subject that has none.
export const what = ({ resource, record, subject }) =>
  resource ||
  record ||
  String(subject ?? "")
    .split(".")
    .at(-1);

// How long it took until all were done, in microseconds; `undefined` when that is not known. Its stages may come later than
// its answer.
export function took({ took: answered, handlers }) {
  const stages = (handlers ?? []).flatMap((handler) => handler.stages ?? []);
  const ends = [answered, ...stages.map(({ to }) => to)].filter(Number.isFinite);
  return ends.length > 0 ? Math.max(...ends) : undefined;
}

// The replicas that have handled it, as far as that is known: one, or of an event, several.
export const replicas = ({ replica, handlers }) => [
  ...new Set([replica, ...(handlers ?? []).map((handler) => handler.replica)].filter(Boolean)),
];
