// Uses a report as a reader does; prints every step that passed, and fails at the first that does not.
"use strict";
const assert = require("node:assert/strict");
const { chromium } = require("playwright-core");

const [, , executablePath, file] = process.argv;
const args = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

const check = async (browser) => {
  const page = await browser.newPage({ colorScheme: "light", viewport: { width: 1280, height: 900 } });
  const said = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(error.message));
  page.on("dialog", (dialog) => { said.push(`dialog ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => { if (!request.url().startsWith("file:")) said.push(request.url()); });
  await page.goto(`file://${file}`);
  await page.waitForSelector("html[data-ready]");

  const step = async (name, act) => {
    await act();
    console.log(`passed: ${name}`);
  };
  const table = page.locator("[data-of=rows-1]");
  const shown = (text) => table.locator("output").filter({ hasText: text }).waitFor({ timeout: 5000 });
  const search = (text) => table.locator("input").fill(text);
  const first = () => table.locator("tbody tr.line").first().innerText();

  await step("the first rows of all are shown", () => shown("1–25 of 60"));
  await step("the last page has the last row", async () => {
    await table.getByLabel("last page").click();
    await shown("51–60 of 60");
  });
  await step("a search finds words in any column", async () => {
    await search("done CLIENT-42");
    await shown("1–1 of 1 found, of 60");
    assert.match(await first(), /42/);
    await search("no such words");
    await shown("nothing found, of 60");
    await search("");
    await shown("1–25 of 60");
  });
  await step("what a client is called is text", async () => {
    await search("<script>alert(1)</script>");
    await shown("1–1 of 1 found");
    assert.match(await first(), /named <script>alert\(1\)<\/script>/);
    await search("");
  });
  await step("one outcome only", async () => {
    const chip = table.getByRole("button", { name: "failed 3" });
    await chip.click();
    await shown("1–3 of 3 found");
    await chip.click();
    await shown("1–25 of 60");
  });
  await step("the rows of one reason only", async () => {
    await page.locator("[data-reason]").click();
    await shown("1–3 of 3 found");
    await table.getByRole("button", { name: "one reason only" }).click();
    await shown("1–25 of 60");
  });
  await step("numbers are sorted as numbers", async () => {
    const head = table.locator("thead").getByRole("button", { name: "key" });
    await head.click();
    assert.match(await first(), /^▸?\s*1\s/);
    await head.press("Enter");
    assert.match(await first(), /^▸?\s*60\s/);
    assert.equal(await table.locator("th[aria-sort=descending]").count(), 1);
  });
  await step("a row opens, and has all its columns but the secret", async () => {
    await table.locator("tbody tr.line").first().click();
    const detail = await table.locator("tr.detail").innerText();
    assert.match(detail, /firstname\s+Client-60/);
    assert.doesNotMatch(await page.content(), /s3cr3t/);
  });
  await step("old and new values are shown", async () => {
    assert.match(await page.locator("[data-of=changes] tbody").innerText(), /firstname/);
  });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await step("it is dark where that is wanted", async () => {
    const light = await ground();
    await page.emulateMedia({ colorScheme: "dark" });
    assert.notEqual(await ground(), light);
  });
  await step("it is printed on white", async () => {
    await page.emulateMedia({ media: "print" });
    assert.equal(await ground(), "rgb(255, 255, 255)");
    await page.emulateMedia({ media: null });
    assert.ok((await page.pdf({ format: "A4" })).length > 10_000);
  });
  await step("a narrow window holds it", async () => {
    await page.setViewportSize({ width: 360, height: 700 });
    const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= window, `${wide} > ${window}`);
  });
  await step("the browser had nothing to say, and nothing was asked of the network", async () => {
    assert.deepEqual(said, []);
  });
};

(async () => {
  const browser = await chromium.launch({ executablePath, args });
  try {
    await check(browser);
  } finally {
    await browser.close();
  }
})().catch((error) => {
  console.error(`FAILED: ${error.message}`);
  process.exitCode = 1;
});
