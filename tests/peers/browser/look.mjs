// Looks at pages as people do: node look.mjs CHROMIUM ADDRESS FOLDER WAYS PATH...
// Each way is WIDTHxTHEME.  Prints one JSON object a page and way.  Pictures are taken with scripts
// off; axe-core needs scripts and is run in a second visit.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [executablePath, address, folder, ways, ...paths] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

function named(path) {
  return path.split("?")[0].replaceAll(/[^a-z0-9.-]+/g, "_").replace(/^_/, "") || "overview";
}

async function look(way) {
  const [width, colorScheme] = way.split("x");
  const viewport = { width: Number(width), height: width < 500 ? 844 : 900 };
  const plain = await browser.newContext({ viewport, colorScheme, javaScriptEnabled: false });
  const probed = await browser.newContext({ viewport, colorScheme });
  for (const path of paths) {
    const page = await plain.newPage();
    const said = [];
    page.on("console", (message) => said.push(message.text()));
    const before = performance.now();
    await page.goto(address + path, { waitUntil: "load" });
    const loaded = performance.now() - before;
    if (folder !== "-") {
      await page.screenshot({ path: `${folder}/${named(path)}-${way}.png`, fullPage: true });
    }
    await page.close();
    const second = await probed.newPage();
    await second.goto(address + path, { waitUntil: "load" });
    await second.evaluate(axe);
    const found = await second.evaluate(() => axe.run());
    const wide = await second.evaluate(() => document.documentElement.scrollWidth);
    await second.close();
    const faults = found.violations.map((v) => ({
      id: v.id, impact: v.impact, at: v.nodes.slice(0, 3).map((n) => n.target.join(" ")),
      why: v.nodes[0]?.failureSummary,
    }));
    console.log(JSON.stringify({
      path, way, loaded: Math.round(loaded), faults, rules: found.passes.length, said,
      overflows: wide > viewport.width,
    }));
  }
  await plain.close();
  await probed.close();
}

try {
  for (const way of ways.split(",")) await look(way);
} finally {
  await browser.close();
}
