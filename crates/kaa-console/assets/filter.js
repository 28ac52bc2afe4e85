// The line above the table: words that all have to occur, and `field:word` for one field alone.

import { outcome, replicas } from "./outcome.js";

const FIELDS = {
  endpoint: (exchange) => exchange.endpoint,
  correlation: (exchange) => exchange.correlationId,
  resource: (exchange) => exchange.resource,
  service: (exchange) => exchange.service,
  replica: (exchange) => replicas(exchange).join(" "),
  kind: (exchange) => exchange.kind,
};

const contains = (text, word) =>
  String(text ?? "")
    .toLowerCase()
    .includes(word);

function hasStatus(exchange, word) {
  const status = String(exchange.status ?? (exchange.unanswered ? "none" : ""));
  // `4xx` is what people write for a class of them.
  return /^[1-9]xx$/.test(word) ? status.length === 3 && status[0] === word[0] : status.startsWith(word);
}

function condition(term) {
  const word = term.toLowerCase();
  const [, field, value] = /^([a-z]+):(.*)$/.exec(word) ?? [];
  if (field === "status") return (exchange) => hasStatus(exchange, value);
  if (Object.hasOwn(FIELDS, field)) return (exchange) => contains(FIELDS[field](exchange), value);
  return (exchange) =>
    Object.values(FIELDS).some((of) => contains(of(exchange), word)) || String(exchange.status) === word;
}

// What decides about an exchange, made of the text and of the outcome that was chosen, if any.
export function matcher(text, wanted) {
  const conditions = text.trim().split(/\s+/).filter(Boolean).map(condition);
  if (wanted) conditions.push((exchange) => outcome(exchange) === wanted);
  return (exchange) => conditions.every((holds) => holds(exchange));
}
