// A modbus-serial server on 127.0.0.1, as one opinion on the protocol that is not ours.
//   PEER_VARIANT  identified (answers 43/14) or mute (exception 01 to it)
// Prints "READY <port>", "WRITE <what>" for every write it is asked for, and serves until its
// standard input ends.
import { createServer } from "node:net";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { ServerTCP } = require("modbus-serial");

const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

const wrote = (what) => () => console.log(`WRITE ${what}`);
const vector = {
  getHoldingRegister: (address) => address,
  setCoil: wrote("coil"),
  setRegister: wrote("register"),
};
if (process.env.PEER_VARIANT !== "mute") {
  // The padding is what field devices really send.
  vector.readDeviceIdentification = () => ({ 0: "Peer Works  ", 1: "PW-430", 2: "V2.7 " });
}
const port = await freePort();
const server = new ServerTCP(vector, { host: "127.0.0.1", port, unitID: 1 });
server.on("initialized", () => console.log(`READY ${port}`));
process.stdin.resume();
process.stdin.on("end", () => server.close(() => process.exit(0)));
