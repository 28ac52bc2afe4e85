// Texts of others, made fit to be read: what a browser would hide, or obey by turning the line around, stands there as
// an escape. Length is bounded, whatever the server has sent.

import { html } from "./dom.js";

// Controls, formats (right-to-left overrides, joiners, zero widths), lone surrogates, what Unicode has not given out.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
// The same, but for the ends of lines and tabs.
const UNSEEN_IN_LINES = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
const LONGEST_CELL = 200;
const LONGEST_TEXT = 8192;

const escape = (character) => `\\u{${character.codePointAt(0).toString(16)}}`;

// Also what is no text where one is expected.
function written(value) {
  const given = value ?? "";
  return typeof given === "object" ? JSON.stringify(given) : String(given);
}

function cut(text, longest) {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

// One line, for a cell, a label or a title.
export function line(value, longest = LONGEST_CELL) {
  return cut(written(value), longest).replace(UNSEEN, escape);
}

// The words of a comment, which ends its lines where it likes.
export const prose = (value, longest) =>
  line(written(value).replace(/\s+/g, " ").trim(), longest);

// Many lines; escapes are elements of their own, so that they differ from a text that looks like one.
export function lines(value) {
  const text = cut(written(value), LONGEST_TEXT);
  const parts = [];
  let seen = 0;
  for (const found of text.matchAll(UNSEEN_IN_LINES)) {
    parts.push(text.slice(seen, found.index), html("span", { class: "escape" }, escape(found[0])));
    seen = found.index + found[0].length;
  }
  parts.push(text.slice(seen));
  return parts;
}
