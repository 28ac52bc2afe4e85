// A stream that breaks: the page says so, tries again, and goes on where the server does.

const assert = require("node:assert/strict");
const sample = require("../sample.js");

module.exports = async function broken(visit, stub) {
  const { page } = visit;
  stub.tell(sample.exchange(1, { endpoint: "before" }));
  await page.locator("#rows tr", { hasText: "before" }).waitFor();
  stub.leave();
  const connection = page.locator("#connection");
  await page.locator('#connection[data-state="broken"]').waitFor();
  const said = (await connection.textContent()).trim();
  assert.match(said, /trying again/);
  assert.equal(await connection.getAttribute("role"), "status");
  assert.equal(await page.locator("#rows tr").count(), 1, "what was seen stays");
  // The form says it too, and is there again afterwards.
  await page.locator("#form").evaluate((form) => form.requestSubmit());
  await page.locator("#answer p.failed").waitFor();

  stub.back();
  await page.locator('#connection[data-state="live"]').waitFor();
  // A server that was started again counts from the beginning.
  stub.tell(sample.exchange(1, { endpoint: "after", at: Date.now() + 5 }));
  await page.locator("#rows tr", { hasText: "after" }).waitFor();
  assert.equal(await page.locator("#rows tr").count(), 2, "the numbers of two servers are not mixed up");
  visit.expected.push(
    /the server responded with a status of 503/,
    /ERR_(INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE|CONNECTION_RESET)/,
  );
  return { said };
};
