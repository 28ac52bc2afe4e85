// How the page is built. What came over the wire becomes text, a `title` or the value of a field, and never markup:
// no module of the console has another way to make elements than these.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

// An element; `on` holds listeners, children are elements or texts.
export const html = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);
export const svg = (name, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, name), attributes, children);

// The shape of an outcome.
export const mark = (outcome) =>
  svg("svg", { class: `mark ${outcome}`, "aria-hidden": "true" }, svg("use", { href: `#mark-${outcome}` }));

// Another shape in a place that has one.
export function remark(element, outcome) {
  element.setAttribute("class", `mark ${outcome}`);
  element.firstChild.setAttribute("href", `#mark-${outcome}`);
}

// Text of an element, touched only when it changes: most of what is drawn again is the same.
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// A button that copies what `text` says at the time, and tells that it did.
export function copier(text, label = "Copy") {
  const button = html("button", { type: "button", class: "quiet" }, label);
  button.addEventListener("click", async () => {
    const done = await navigator.clipboard.writeText(text()).then(
      () => true,
      () => false,
    );
    button.textContent = done ? "Copied" : "Select and copy it by hand";
    setTimeout(() => {
      button.textContent = label;
    }, 1500);
  });
  return button;
}

// Something to type into a terminal, with a button that copies it.
export const command = (line) =>
  html(
    "div",
    { class: "command" },
    html("code", {}, line),
    copier(() => line),
  );
