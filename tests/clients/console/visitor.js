// A browser with the console in it, and everything that must not happen there.

const assert = require("node:assert/strict");
const { chromium } = require("playwright-core");

const PROGRAM = process.env.KAA_CHROMIUM || "/usr/bin/chromium";
// For what takes a moment, on a busy machine too.
const PATIENCE = 20_000;

class Visit {
  #browser;
  // What went wrong; patterns of what is expected to.
  troubles = [];
  expected = [];

  static async begin(url) {
    const visit = new Visit();
    visit.url = url;
    // A browser that runs as root has no sandbox.
    const args = process.getuid() === 0 ? ["--no-sandbox"] : [];
    visit.#browser = await chromium.launch({ executablePath: PROGRAM, args, timeout: PATIENCE });
    visit.page = await visit.open({});
    return visit;
  }

  // Another page, such as one with other wishes, or with a clock that can be put forward.
  async open({ clock, ...wishes }) {
    const context = await this.#browser.newContext({ viewport: { width: 1400, height: 900 }, ...wishes });
    context.setDefaultTimeout(PATIENCE);
    if (clock) await context.clock.install();
    const page = await context.newPage();
    const note = (what) => this.troubles.push(what);
    page.on("dialog", (dialog) => {
      note(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on("pageerror", (error) => note(`error: ${error.stack}`));
    // What the policy for content forbids is told here, too.
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) note(`console: ${message.text()}`);
    });
    const { origin } = new URL(this.url);
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== origin) note(`request to ${request.url()}`);
    });
    page.on("popup", () => note("popup"));
    await page.goto(this.url);
    await page.locator('#connection[data-state="live"]').waitFor();
    return page;
  }

  // Nothing has happened that must not.
  isClean() {
    const troubles = this.troubles.filter((trouble) => !this.expected.some((pattern) => pattern.test(trouble)));
    assert.deepEqual(troubles, []);
  }

  // Waits until a function in the page says what is wanted.
  async until(look, given) {
    await this.page.waitForFunction(look, given);
  }

  async end() {
    await this.#browser.close();
  }
}

module.exports = { Visit };
