// Roots and proofs by another hand: reads {sizes} as JSON, writes one JSON line for each size.
import { createRequire } from "node:module";

const { RFC9162 } = createRequire(import.meta.url)("@transmute/rfc9162");
const hex = (octets) => Buffer.from(octets).toString("hex");
const { sizes } = JSON.parse(process.argv[2]);

for (const size of sizes) {
  const entries = Array.from({ length: size }, (_, i) => new TextEncoder().encode(`${i}`));
  const root = hex(await RFC9162.MTH(entries));
  const paths = [];
  const proofs = [];
  for (let i = 0; i < size; i += 1) {
    paths.push((await RFC9162.PATH(i, entries)).map(hex));
    proofs.push(i ? (await RFC9162.PROOF(i, entries)).map(hex) : []);
  }
  console.log(JSON.stringify({ size, root, paths, proofs }));
}
