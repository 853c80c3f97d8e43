import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createPlain, type RequestListener, type Server } from "node:http";
import { createServer as createSecure } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SCRIPTS_FOLDER } from "../../../hypervisor/images/workshop";

describe("what fetches a file", function () {
  this.timeout(60_000);
  let folder: string;
  let plain: Server;
  let secure: Server;
  const asked: string[] = [];
  const portOf = (server: Server) => (server.address() as AddressInfo).port;
  const listen = (server: Server) => new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const answer: RequestListener = (request, reply) => {
    asked.push(request.url ?? "");
    const { port } = request.socket.address() as AddressInfo;
    const other = port === portOf(plain) ? "" : `http://127.0.0.1:${portOf(plain)}/file`;
    if (request.url === "/open") reply.writeHead(302, { location: other }).end();
    else if (request.url === "/same") reply.writeHead(302, { location: "/file" }).end();
    else if (request.url === "/slow") {
      reply.writeHead(200, { "content-length": 1e6 });
      const drip = setInterval(() => reply.write("x"), 500);
      reply.on("close", () => clearInterval(drip));
    } else if (request.url === "/endless") {
      reply.writeHead(200);
      const more = (): void => {
        while (!reply.destroyed && reply.write(Buffer.alloc(65_536)));
        if (!reply.destroyed) reply.once("drain", more);
      };
      more();
    } else reply.end("content");
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "fetching-"));
    execFileSync(
      "openssl",
      [
        ...[
          "req",
          "-x509",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:prime256v1",
          "-nodes",
          "-days",
          "1",
        ],
        ...["-keyout", "key", "-out", "certificate", "-subj", "/CN=127.0.0.1"],
        ...["-addext", "subjectAltName=IP:127.0.0.1"],
      ],
      { cwd: folder, stdio: "ignore" },
    );
    const read = (name: string) => readFileSync(join(folder, name));
    plain = createPlain(answer);
    secure = createSecure({ key: read("key"), cert: read("certificate") }, answer);
    await listen(plain);
    await listen(secure);
  });
  after(() => {
    for (const server of [plain, secure]) server.closeAllConnections();
    plain.close();
    secure.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const call = (script: string, ...args: string[]) =>
    new Promise<{ code: number; said: string; output: string }>((done) => {
      const env = { ...process.env, CURL_CA_BUNDLE: join(folder, "certificate") };
      execFile("bash", [join(SCRIPTS_FOLDER, script), ...args], { cwd: folder, env }, (error, output, said) =>
        done({ code: Number(error?.code ?? 0), said, output }),
      );
    });
  const fetch = (url: string, bytes = 1e6) =>
    call("fetch.sh", url, join(folder, "got"), "6", "5", "1", String(bytes));
  const at = (server: Server, path: string) =>
    `${server === plain ? "http" : "https"}://127.0.0.1:${portOf(server)}${path}`;

  it("follows an address with https to where there is encryption too", async () => {
    assert.equal((await fetch(at(secure, "/same"))).code, 0);
    assert.equal(readFileSync(join(folder, "got"), "utf8"), "content");
  });

  it("does not follow it to where there is none", async () => {
    asked.length = 0;
    const { code, said } = await fetch(at(secure, "/open"));
    assert.equal(code, 65, said);
    assert.match(said, /where it must not go.*\n! use an address that stays with https/);
    assert.deepEqual(asked, ["/open"]);
    assert.equal((await call("size.sh", at(secure, "/open"), "5")).output.trim(), "0");
    assert.ok(!asked.includes("/file"), asked.join());
  });

  it("gives up on a server that sends next to nothing", async () => {
    const { code, said } = await fetch(at(plain, "/slow"));
    assert.equal(code, 69, said);
    assert.match(said, /less than 1000 bytes a second/);
  });

  it("stops a server that sends more than is taken", async () => {
    const { code, said } = await fetch(at(plain, "/endless"), 100_000);
    assert.equal(code, 65, said);
    assert.match(said, /sends more than 100000 bytes/);
  });
});
