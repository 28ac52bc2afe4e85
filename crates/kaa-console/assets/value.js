// Payloads and fields, laid out and tinted. Depth and number of parts are bounded: a payload may be all brackets.

import { html } from "./dom.js";
import { isExact } from "./exact.js";
import { line, lines } from "./text.js";
import { bytes } from "./format.js";

const DEEPEST = 12;
const MOST_PARTS = 1500;

// A payload as the server describes it: JSON, text or base64.
export function payload(described) {
  if (described == null) return html("p", { class: "none" }, "no payload");
  const notes = [];
  if (described.truncated) notes.push(`the first part of ${bytes(described.bytes)}`);
  else if (typeof described.bytes === "number") notes.push(bytes(described.bytes));
  let shown;
  if ("json" in described) shown = json(described.json);
  else if ("base64" in described) {
    notes.push("neither JSON nor text: base64");
    shown = html("pre", { class: "value" }, ...lines(described.base64));
  } else shown = html("pre", { class: "value" }, ...lines(described.text));
  return html("div", { class: "payload" }, shown, html("p", { class: "note" }, notes.join(", ")));
}

// The same in one line.
export function preview(described) {
  if (described == null) return "";
  return line("json" in described ? JSON.stringify(described.json) : (described.text ?? described.base64), 160);
}

// A JSON value, one part a line.
export function json(value) {
  const pre = html("pre", { class: "value" });
  const out = { pre, left: MOST_PARTS };
  layOut(out, value, 0);
  if (out.left <= 0) pre.append(html("span", { class: "note" }, "\n… more than is shown here"));
  return pre;
}

function put(out, kind, ...texts) {
  out.left -= 1;
  if (out.left > 0) out.pre.append(kind ? html("span", { class: kind }, ...texts) : texts.join(""));
}

function layOut(out, value, depth) {
  if (out.left <= 0) return;
  if (!isObject(value)) return scalar(out, value);
  const isList = Array.isArray(value);
  const entries = isList ? value : Object.entries(value);
  const [open, close] = isList ? "[]" : "{}";
  if (entries.length === 0) return put(out, "", open + close);
  // What is small stays in a line, what is too deep is left in one.
  const short = JSON.stringify(value);
  if (depth >= DEEPEST) return put(out, "deep", ...lines(short));
  const inLine = short.length <= 44 && entries.every((entry) => !isObject(isList ? entry : entry[1]));
  const [gap, end] = inLine ? [" ", isList ? "" : " "] : [`\n${"  ".repeat(depth + 1)}`, `\n${"  ".repeat(depth)}`];
  put(out, "", open);
  entries.forEach((entry, at) => {
    put(out, "", (at > 0 ? "," : "") + (inLine && isList && at === 0 ? "" : gap));
    if (!isList) {
      put(out, "key", ...lines(JSON.stringify(entry[0])));
      put(out, "", ": ");
    }
    layOut(out, isList ? entry : entry[1], depth + 1);
  });
  put(out, "", end + close);
}

const isObject = (value) => value !== null && typeof value === "object" && !isExact(value);

function scalar(out, value) {
  put(
    out,
    value === null ? "literal" : isExact(value) ? "number" : typeof value,
    ...lines(JSON.stringify(value) ?? "–"),
  );
}

// Decoded fields of a record as a list of names and values.
export function fields(record) {
  const list = html("dl", { class: "fields" });
  for (const [name, value] of Object.entries(record ?? {}).slice(0, 60)) {
    const shown = isObject(value)
      ? [json(value)]
      : value === null
        ? [html("span", { class: "none" }, "null")]
        : lines(value);
    list.append(html("dt", {}, line(name)), html("dd", {}, html("bdi", {}, ...shown)));
  }
  return list;
}
