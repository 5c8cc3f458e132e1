// One browser for a whole module of tests: node session.mjs CHROMIUM.
// Reads one JSON order a line, answers each with one line of JSON: {answer} or {error}.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});
// As people with scripts off see it; axe-core needs scripts, so it looks for itself.
const plain = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
const probed = await (await browser.newContext()).newPage();
const camera = await plain.context().newCDPSession(plain);
const said = [];
plain.on("console", (message) => said.push(message.text()));

async function shown(page, width, colorScheme) {
  await page.setViewportSize({ width, height: width < 500 ? 844 : 900 });
  await page.emulateMedia({ colorScheme });
}

// Encoded for speed: there are a hundred of them.
async function picture(path) {
  const taken = await camera.send("Page.captureScreenshot", {
    format: "png", captureBeyondViewport: true, optimizeForSpeed: true,
    clip: { ...(await whole()), scale: 1 },
  });
  writeFileSync(path, Buffer.from(taken.data, "base64"));
}

async function whole() {
  const { cssContentSize } = await camera.send("Page.getLayoutMetrics");
  return { x: 0, y: 0, width: cssContentSize.width, height: cssContentSize.height };
}

async function pictures(address, file, widths, themes) {
  said.length = 0;
  await plain.goto(address, { waitUntil: "load" });
  for (const width of widths) {
    for (const theme of themes) {
      await shown(plain, width, theme);
      await picture(`${file}-${width}-${theme}.png`);
    }
  }
  return [...said];
}

async function faults(address, widths, themes) {
  const found = [];
  const overflows = [];
  let rules = 0;
  await probed.goto(address, { waitUntil: "load" });
  await probed.evaluate(axe);
  for (const width of widths) {
    for (const theme of themes) {
      await shown(probed, width, theme);
      if (await probed.evaluate((w) => document.documentElement.scrollWidth > w, width)) {
        overflows.push(width);
      }
      // All rules once; what a width and a theme change is the contrast and the size of targets.
      const options = {
        resultTypes: ["violations"], iframes: false, rules: { "target-size": { enabled: true } },
      };
      if (width !== widths.at(-1) || theme !== themes[0]) {
        options.runOnly = ["color-contrast", "target-size"];
      }
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
  return { faults: found, rules, overflows };
}

const orders = {
  // A picture of each way it can be looked at, its faults, and what the console said.
  async look({ address, file, widths, themes }) {
    const [heard, judged] = await Promise.all([
      pictures(address, file, widths, themes), faults(address, widths, themes),
    ]);
    return { ...judged, said: heard };
  },

  // The page as a printer gets it: A4 without its margins is so many px wide, and paper is light.
  async print({ address, file, landscape = false }) {
    const width = landscape ? 1032 : 703;
    await probed.goto(address, { waitUntil: "load" });
    await probed.evaluate(axe);
    await probed.setViewportSize({ width, height: 1031 });
    await probed.emulateMedia({ media: "print", colorScheme: "light" });
    const cut = await probed.evaluate((w) => document.documentElement.scrollWidth > w, width);
    const { violations } = await probed.evaluate(() => axe.run({ runOnly: ["color-contrast"] }));
    await probed.emulateMedia({ media: null });
    const margin = { top: "12mm", bottom: "12mm", left: "12mm", right: "12mm" };
    const pdf = await probed.pdf({ path: file, format: "A4", landscape, margin });
    return { octets: pdf.length, cut, faults: violations.flatMap((f) => f.nodes.map((n) => n.html)) };
  },

  // The least ms a load took of several; no more than one that is `enough`.
  async load({ address, turns, enough }) {
    let best = Infinity;
    for (let turn = 0; turn < turns && best > enough; turn += 1) {
      const before = performance.now();
      await plain.goto(address, { waitUntil: "load" });
      best = Math.min(best, performance.now() - before);
    }
    return Math.round(best);
  },

  // How many ms until the text stands on a page that was opened, which only its own refresh brings.
  async wait({ address, text }) {
    await plain.goto(address, { waitUntil: "load" });
    const since = performance.now();
    while (!(await plain.content().catch(() => "")).includes(text)) {
      if (performance.now() - since > 20_000) throw new Error(`${text} never stood on the page`);
      await new Promise((done) => setTimeout(done, 50));
    }
    return Math.round(performance.now() - since);
  },

  async content({ address }) {
    said.length = 0;
    await plain.goto(address, { waitUntil: "load" });
    return { content: await plain.content(), said: [...said] };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { order, ...rest } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ answer: await orders[order](rest) }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
}
await browser.close();
