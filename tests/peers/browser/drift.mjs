// Opens a page with scripts off and waits: node drift.mjs CHROMIUM ADDRESS TEXT.
// Prints how many ms the page took to load, then how many until the text stood on it, which only
// the page's own refresh can bring.
import { chromium } from "playwright-core";

const [executablePath, address, text] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  let best = Infinity;
  for (let turn = 0; turn < (text ? 3 : 6); turn += 1) {
    const before = performance.now();
    await page.goto(address, { waitUntil: "load" });
    best = Math.min(best, performance.now() - before);
  }
  console.log(Math.round(best));
  if (text) {
    const since = performance.now();
    while (!(await page.content().catch(() => "")).includes(text)) {
      if (performance.now() - since > 20_000) throw new Error(`${text} never stood on the page`);
      await new Promise((done) => setTimeout(done, 100));
    }
    console.log(Math.round(performance.now() - since));
  }
} finally {
  await browser.close();
}
