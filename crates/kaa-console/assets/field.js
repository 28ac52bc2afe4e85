// One field of a form: the element, and what it says as JSON text. Numbers stay as they were typed, so that none
// loses digits on the way.

import { html } from "./dom.js";
import { isExact } from "./exact.js";
import { line, prose } from "./text.js";
import { problem } from "./problem.js";

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
let made = 0;

// A labelled input. `read()` is { text } with JSON, {} when it is left out, or { problem }. `set` takes what it cannot
// hold for nothing.
export function field({ name, kind, choices, isRequired, schema, given }, root, changed) {
  made += 1;
  const id = `field-${made}`;
  const input = control(kind, { choices, isRequired, schema });
  const trouble = html("p", { class: "problem", id: `${id}-problem` });
  const note = schema.description && html("p", { class: "note", id: `${id}-note` }, prose(schema.description));
  for (const [attribute, value] of [
    ["id", id],
    ["aria-describedby", `${id}-problem ${id}-note`],
    ["aria-required", String(isRequired)],
  ])
    input.setAttribute(attribute, value);
  const read = () => judge(readers[kind](input, choices), { name, isRequired, given, root });
  const look = () => {
    const { problem: found } = read();
    trouble.textContent = found ?? "";
    input.setAttribute("aria-invalid", String(found !== undefined));
  };
  input.addEventListener("input", () => {
    look();
    changed();
  });
  const element = html(
    "div",
    { class: "field" },
    html(
      "label",
      { for: id },
      html("bdi", {}, line(name)),
      html("span", { class: "note" }, ` ${describe(kind, schema)}${isRequired ? "" : ", optional"}`),
    ),
    input,
    note,
    trouble,
  );
  return { name, element, read, look, set: (value) => set(kind, input, value, choices) };
}

// A text of its own, such as an endpoint ID or a path parameter; a choice is that between the name of the field and
// nothing.
export function textField(name, value, { note, isRequired = true, list, isChoice = false } = {}, changed) {
  made += 1;
  const id = `field-${made}`;
  const common = { id, "aria-required": String(isRequired), on: { input: changed } };
  const input = isChoice
    ? html("select", common, html("option", { value: "" }, "left out"), html("option", { value: name }, line(name)))
    : html("input", { ...common, type: "text", autocomplete: "off", spellcheck: "false", list });
  input.value = value;
  return {
    input,
    element: html(
      "div",
      { class: "field" },
      html("label", { for: id }, line(name), note && html("span", { class: "note" }, ` ${note}`)),
      input,
    ),
  };
}

function control(kind, { choices, isRequired, schema }) {
  const { default: usual } = schema;
  const typed = html(kind === "json" ? "textarea" : "input", { spellcheck: "false", autocomplete: "off" });
  switch (kind) {
    case "choice":
    case "boolean": {
      const options = kind === "boolean" ? ["true", "false"] : choices.map(shown);
      const select = html(
        "select",
        {},
        !isRequired && html("option", { value: "" }, usual == null ? "left out" : `left out (${shown(usual)})`),
        ...options.map((text, at) => html("option", { value: at }, text)),
      );
      if (usual !== undefined && isRequired) set(kind, select, usual, choices);
      return select;
    }
    case "json":
      typed.setAttribute("rows", 3);
      break;
    case "string":
      typed.setAttribute("type", "text");
      break;
    default:
      typed.setAttribute("inputmode", "decimal");
  }
  if (usual !== undefined && usual !== null) typed.setAttribute("placeholder", line(JSON.stringify(usual)));
  return typed;
}

const readers = {
  choice: ({ value }, choices) => (value === "" ? {} : { text: JSON.stringify(choices[value]) }),
  boolean: ({ value }) => (value === "" ? {} : { text: value === "0" ? "true" : "false" }),
  string: ({ value }) => (value === "" ? { empty: true } : { text: JSON.stringify(value) }),
  integer: numeric,
  number: numeric,
  json({ value }) {
    if (value.trim() === "") return {};
    try {
      JSON.parse(value);
      return { text: value };
    } catch (error) {
      return { problem: `this is no JSON: ${error.message}` };
    }
  },
};

function numeric({ value }) {
  const text = value.trim();
  if (text === "") return {};
  return NUMBER.test(text) ? { text } : { problem: "this is no number" };
}

function judge(found, { name, isRequired, given, root }) {
  // An empty text is a text where one has to be.
  const read = found.empty ? (isRequired ? { text: '""' } : {}) : found;
  if (read.problem) return read;
  if (read.text === undefined) return isRequired ? { problem: `${line(name)} is needed` } : read;
  const wrong = problem(JSON.parse(read.text), given, root, line(name));
  return wrong ? { problem: line(wrong) } : read;
}

function set(kind, input, value, choices) {
  input.value = (value === undefined ? null : writers[kind](value, choices)) ?? "";
}

// What an input has to be set to; nothing when it cannot hold the value.
const writers = {
  choice: (value, choices) => choices.findIndex((choice) => JSON.stringify(choice) === JSON.stringify(value)),
  boolean: (value) => ({ true: "0", false: "1" })[JSON.stringify(value)],
  string: (value) => (typeof value === "string" ? value : null),
  integer: digits,
  number: digits,
  json: (value) => JSON.stringify(value),
};

function digits(value) {
  return typeof value === "number" || isExact(value) ? JSON.stringify(value) : null;
}

const shown = (value) => line(typeof value === "string" ? value : JSON.stringify(value));

function describe(kind, { format, minimum, maximum }) {
  if (kind === "choice" || kind === "boolean") return kind === "choice" ? "one of these" : "yes or no";
  const range =
    minimum !== undefined && maximum !== undefined
      ? ` ${minimum}…${maximum}`
      : minimum !== undefined
        ? ` from ${minimum}`
        : "";
  const type = { json: "JSON", string: "text" }[kind] ?? kind;
  return `${type}${format ? ` (${line(format, 20)})` : ""}${range}`;
}
