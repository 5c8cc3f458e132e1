// Looks at pages as people do: node look.mjs CHROMIUM ADDRESS FOLDER PATH...
// Takes a picture of each page with scripts off, at each width and in each theme, and runs axe-core
// (which needs scripts) in a second visit.  Prints one JSON object a page.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [executablePath, address, folder, ...paths] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WIDTHS = [390, 768, 1440];
const THEMES = ["light", "dark"];

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const plain = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
const probed = await (await browser.newContext()).newPage();
const said = [];
plain.on("console", (message) => said.push(message.text()));

// A page fetched anew in the middle of its picture would spoil it.
const still = (path) => `${address}${path}${path.includes("?") ? "&" : "?"}refresh=off`;

function named(path) {
  return path.split("?")[0].replaceAll(/[^a-z0-9.-]+/g, "_").replace(/^_/, "") || "overview";
}

async function shown(page, width, colorScheme) {
  await page.setViewportSize({ width, height: width < 500 ? 844 : 900 });
  await page.emulateMedia({ colorScheme });
}

async function pictures(path) {
  const before = performance.now();
  await plain.goto(still(path), { waitUntil: "load" });
  const loaded = Math.round(performance.now() - before);
  for (const width of WIDTHS) {
    for (const theme of THEMES) {
      await shown(plain, width, theme);
      const name = `${folder}/${named(path)}-${width}-${theme}.png`;
      await plain.screenshot({ path: name, fullPage: true });
    }
  }
  await plain.emulateMedia({ media: "print" });
  await plain.screenshot({ path: `${folder}/${named(path)}-print.png`, fullPage: true });
  await plain.emulateMedia({ media: "screen" });
  return loaded;
}

async function faults(path) {
  const found = [];
  let rules = 0;
  await probed.goto(still(path), { waitUntil: "load" });
  await probed.evaluate(axe);
  for (const theme of THEMES) {
    for (const width of [390, 1440]) {
      await shown(probed, width, theme);
      // All rules in each theme once; what a theme and a width change together is the contrast.
      const whole = (width === 1440) === (theme === "light");
      const options = whole ? {} : { runOnly: ["color-contrast"] };
      const result = await probed.evaluate((o) => axe.run(o), options);
      rules += result.passes.length;
      for (const fault of result.violations) {
        found.push({
          id: fault.id, impact: fault.impact, way: `${width} ${theme}`,
          at: fault.nodes.slice(0, 3).map((node) => node.target.join(" ")),
        });
      }
    }
  }
  return { faults: found, rules };
}

async function overflowing() {
  const wide = [];
  for (const width of WIDTHS) {
    await shown(probed, width, "light");
    const reached = await probed.evaluate(() => document.documentElement.scrollWidth);
    if (reached > width) wide.push(width);
  }
  return wide;
}

try {
  for (const path of paths) {
    said.length = 0;
    const [loaded, judged] = await Promise.all([pictures(path), faults(path)]);
    const overflows = await overflowing();
    console.log(JSON.stringify({ path, loaded, ...judged, overflows, said: [...said] }));
  }
} finally {
  await browser.close();
}
