// Far more messages than anybody can read: what the page holds is bounded, and it answers people meanwhile.

const assert = require("node:assert/strict");
const sample = require("../sample.js");

const BURST = 2000;
const MOST_ROWS = 500;
const MOST_DOTS = 40;

module.exports = async function burst(visit, stub) {
  const { page } = visit;
  await measureFrames(page);
  await flood(page, stub, 0);
  const held = await weigh(page);
  // While more come, 500 a second: somebody types, chooses, and closes.
  const flowing = setInterval(() => {
    for (let n = 0; n < 25; n += 1) {
      next += 1;
      stub.tell(sample.exchange(next));
    }
  }, 50);
  let next = 3 * BURST;
  await page.keyboard.press("/");
  await page.keyboard.type("endpoint:roof");
  await visit.until(() =>
    [...document.querySelectorAll("#rows .endpoint")].every((cell) => cell.textContent === "roof"),
  );
  await page.keyboard.press("Escape");
  await page.locator("#table").focus();
  await page.keyboard.press("ArrowDown");
  await page.locator("#detail").waitFor();
  await page.keyboard.press("Escape");
  clearInterval(flowing);
  await flood(page, stub, BURST);
  const later = await weigh(page);
  assert.ok(later.nodes < held.nodes * 1.5 + 2000, `elements do not pile up: ${held.nodes}, then ${later.nodes}`);

  stub.say("skipped", { count: 99_500 });
  await page.getByText("99.5 k not shown").waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  const top = await page.locator("#rows tr .time").first().textContent();
  stub.tell(sample.exchange(4 * BURST));
  await page.getByText(/newer message/).waitFor();
  assert.equal(await page.locator("#rows tr .time").first().textContent(), top, "a table that is paused stands still");
  await page.getByRole("button", { name: "Go on" }).click();
  await page.locator("#newer").waitFor({ state: "hidden" });
  return { held, later, frames: await page.evaluate(() => window.frameTimes) };
};

async function flood(page, stub, from) {
  // In portions, as a server that is allowed more than it should be would send them.
  for (let sent = 0; sent < BURST; sent += 250) {
    for (let n = 1; n <= 250; n += 1) stub.tell(sample.exchange(from + sent + n));
    await new Promise(setImmediate);
  }
  const last = sample.exchange(from + BURST).correlationId;
  await page.locator("#table").blur();
  await page.locator("#scroll").evaluate((scroll) => {
    scroll.scrollTop = 0;
  });
  await page.waitForFunction((id) => document.querySelector("#rows tr")?.id.endsWith(`-${id}`), from + BURST);
  const { rows, dots } = await page.evaluate(() => ({
    rows: document.querySelectorAll("#rows tr").length,
    dots: document.querySelectorAll(".dot").length,
  }));
  assert.equal(rows, MOST_ROWS, last);
  assert.ok(dots <= MOST_DOTS, `${dots} messages are drawn at once`);
}

// How long the page took from one frame to the next: to be looked at.
async function measureFrames(page) {
  await page.evaluate(() => {
    window.frameTimes = { count: 0, longestMs: 0, over100ms: 0 };
    let before = performance.now();
    const frame = (now) => {
      const gap = Math.round(now - before);
      before = now;
      window.frameTimes.count += 1;
      window.frameTimes.longestMs = Math.max(window.frameTimes.longestMs, gap);
      if (gap > 100) window.frameTimes.over100ms += 1;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

async function weigh(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("HeapProfiler.collectGarbage");
  await devtools.send("Performance.enable");
  const { metrics } = await devtools.send("Performance.getMetrics");
  const value = (name) => metrics.find((metric) => metric.name === name).value;
  return { nodes: value("Nodes"), heapMiB: Math.round(value("JSHeapUsedSize") / 2 ** 20) };
}
