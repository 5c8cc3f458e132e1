// A node-opcua server on 127.0.0.1, as one opinion on the protocol that is not ours.
//   PEER_VARIANT  open (no security, anonymous) or secured (SignAndEncrypt, users only)
//   PEER_STORE    a directory for its certificates
// Prints "READY <port>" and serves until its standard input ends.
import { createServer } from "node:net";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { OPCUACertificateManager } = require("node-opcua-certificate-manager");
const { MessageSecurityMode, SecurityPolicy } = require("node-opcua-secure-channel");
const { OPCUAServer } = require("node-opcua-server");

const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

const secured = process.env.PEER_VARIANT === "secured";
const port = await freePort();
const certificates = new OPCUACertificateManager({
  rootFolder: process.env.PEER_STORE,
  automaticallyAcceptUnknownCertificate: process.env.PEER_ACCEPTS !== "none",
});
await certificates.initialize();

const server = new OPCUAServer({
  port,
  host: "127.0.0.1",
  hostname: "127.0.0.1",
  serverCertificateManager: certificates,
  securityModes: secured ? [MessageSecurityMode.SignAndEncrypt] : [MessageSecurityMode.None],
  securityPolicies: secured
    ? [SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes256_Sha256_RsaPss]
    : [SecurityPolicy.None],
  allowAnonymous: !secured,
  maxSessions: 2,
  userManager: { isValidUser: (user, password) => user === "monitor" && password === "seven-Seas" },
  buildInfo: { productName: "peer", buildNumber: "7", buildDate: new Date("2024-05-01T00:00:00Z") },
});
await server.initialize();
await server.start();
console.log(`READY ${port}`);
process.stdin.resume();
process.stdin.on("end", async () => {
  await server.shutdown(10);
  process.exit(0);
});
