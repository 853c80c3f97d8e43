// Serves one file on the loopback until its standard input ends: node file-server.cjs FILE. Prints its port.
const { createReadStream, statSync } = require("node:fs");
const { createServer } = require("node:http");

const [, , file = ""] = process.argv;
const { size } = statSync(file);
const server = createServer((request, reply) => {
  reply.writeHead(200, { "content-length": size });
  if (request.method === "HEAD") reply.end();
  else createReadStream(file, { highWaterMark: 1024 * 1024 }).pipe(reply);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`${typeof address === "object" && address !== null ? address.port : 0}\n`);
});
process.stdin.resume().on("end", () => process.exit(0));
