// A node-opcua server on 127.0.0.1, as one opinion on the protocol that is not ours.
//   PEER_VARIANT  open (no security, anonymous), secured (SignAndEncrypt, users only), roles or flat
//                 (secured, with role permissions on ns=1;s=Level and ns=1;s=Reset that are tight,
//                 or that let everybody write and call)
//   PEER_STORE    a directory for its certificates
// Prints "READY <port>" and serves until its standard input ends.
import { createServer } from "node:net";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { OPCUACertificateManager } = require("node-opcua-certificate-manager");
const { MessageSecurityMode, SecurityPolicy } = require("node-opcua-secure-channel");
const { OPCUAServer } = require("node-opcua-server");
const { makeRoles, WellKnownRoles } = require("node-opcua-address-space");
const { makePermissionFlag } = require("node-opcua-data-model");
const { StatusCodes } = require("node-opcua-status-code");

const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

const variant = process.env.PEER_VARIANT;
const secured = variant !== "open";
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
  userManager: {
    isValidUser: (user, password) => user === "monitor" && password === "seven-Seas",
    getUserRoles: () => makeRoles([WellKnownRoles.AuthenticatedUser, WellKnownRoles.Observer]),
  },
  buildInfo: { productName: "peer", buildNumber: "7", buildDate: new Date("2024-05-01T00:00:00Z") },
});
await server.initialize();
if (variant === "roles" || variant === "flat") {
  const look = makePermissionFlag("Browse | Read | ReadRolePermissions");
  const change = makePermissionFlag("Browse | Read | ReadRolePermissions | Write | Call");
  const rolePermissions = [
    { roleId: WellKnownRoles.Anonymous, permissions: makePermissionFlag("Browse") },
    { roleId: WellKnownRoles.AuthenticatedUser, permissions: variant === "flat" ? change : look },
    { roleId: WellKnownRoles.Operator, permissions: change },
  ];
  const own = server.engine.addressSpace.getOwnNamespace();
  const line = own.addObject({ browseName: "Line", organizedBy: server.engine.addressSpace.rootFolder.objects });
  own.addVariable({
    browseName: "Level", nodeId: "s=Level", componentOf: line, dataType: "Double",
    accessLevel: "CurrentRead | CurrentWrite", rolePermissions,
  });
  own.addMethod(line, { browseName: "Reset", nodeId: "s=Reset", rolePermissions })
    .bindMethod((_inputs, _context, callback) => {
      console.log("WRITE method called");
      callback(null, { statusCode: StatusCodes.Good });
    });
}
await server.start();
console.log(`READY ${port}`);
process.stdin.resume();
process.stdin.on("end", async () => {
  await server.shutdown(10);
  process.exit(0);
});
