// What everybody can read and reach: the contrast of all texts in the dark and in the light, a name for every field and
// button, and nothing that the keyboard does not get to.

const assert = require("node:assert/strict");
const sample = require("../sample.js");

// What WCAG 2 asks for (AA), of letters of any size.
const LEAST = 4.5;

module.exports = async function readable(visit, stub) {
  const { page } = visit;
  for (let n = 1; n < 45; n += 1) stub.tell(sample.exchange(n));
  stub.say("sessions", sample.sessions());
  await visit.until(
    () => document.querySelectorAll("#rows tr").length === 44 && document.getElementById("resource").options.length > 0,
  );
  await page.locator("#rows tr").nth(5).click();
  const seen = {};
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { count, pale } = await page.evaluate(contrasts, LEAST);
    assert.deepEqual(pale, [], colorScheme);
    assert.ok(count > 200, `${count} texts`);
    seen[colorScheme] = count;
  }
  await page.keyboard.press("Escape");
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll("button, input, select, textarea")]
      .filter(
        (element) => !(element.labels?.length || element.getAttribute("aria-label") || element.textContent.trim()),
      )
      .map((element) => element.outerHTML),
  );
  assert.deepEqual(nameless, []);
  seen.stops = await reach(page);
  return seen;
};

// Every stop of the Tab key, until it is through; the parts of the page have to be among them.
async function reach(page) {
  const stops = new Set();
  await page.evaluate(() => document.activeElement.blur());
  for (let n = 0; n < 80; n += 1) {
    await page.keyboard.press("Tab");
    stops.add(
      await page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim().slice(0, 20)),
    );
  }
  for (const stop of ["pause", "filter", "table", "resource", "Refused", "Send"])
    assert.ok(stops.has(stop), `${stop} among ${[...stops]}`);
  return stops.size;
}

// In the page: how many texts there are, and those that are hard to read.
function contrasts(least) {
  const parse = (colour) =>
    /^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/
      .exec(colour)
      ?.slice(1)
      .map((part) => (part === undefined ? 1 : Number(part)));
  const light = ([r, g, b]) =>
    [r, g, b]
      .map((part) => part / 255)
      .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
      .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      // A mixture of colours is not looked at: what stands on it is made of the same.
      if (!colour) return null;
      if (colour[3] === 1) return colour;
    }
    return null;
  };
  const pale = [];
  let count = 0;
  for (const element of document.querySelectorAll("body *")) {
    const says = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!says || !element.checkVisibility() || element.closest("[inert], noscript, option")) continue;
    const style = getComputedStyle(element);
    const [letters, behind] = [parse(element instanceof SVGElement ? style.fill : style.color), ground(element)];
    if (!letters || !behind) continue;
    count += 1;
    const [more, less] = [light(letters), light(behind)].sort((one, other) => other - one);
    if ((more + 0.05) / (less + 0.05) < least)
      pale.push(`${element.textContent.trim().slice(0, 30)}: ${style.color} on ${behind}`);
  }
  return { count, pale };
}
