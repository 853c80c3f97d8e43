import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { quoteForShell } from "../quote";
import type { PrivateFolder } from "./private-folder";

/** Sends the question to the owner's socket and prints the answer. Runs as a process of its own: plain JavaScript. */
const CLIENT = `const s = require("node:net").connect(process.argv[1]);
s.on("error", () => process.exit(1));
s.end(process.argv[2] || "");
s.pipe(process.stdout);`;

/** Answers ssh's questions for passwords. */
export interface Askpass {
  /** Environment for ssh: paths only, no secret. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * Makes a helper program that ssh asks for passwords. The helper gets them over a socket from this process: they are
 * in no file, argv or environment.
 *
 * @param passwords by alias of the machine: ssh's question names it.
 */
export async function startAskpass(
  folder: PrivateFolder,
  passwords: ReadonlyMap<string, string>,
): Promise<Askpass> {
  const socket = folder.file("ask");
  const server = createServer({ allowHalfOpen: true }, (client) => {
    let question = "";
    client.setEncoding("utf8");
    client.on("error", () => undefined);
    client.on("data", (text: string) => (question += text));
    client.on("end", () => {
      const answer = answerTo(question, passwords);
      client.end(answer === undefined ? "" : `${answer}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socket, resolve);
  });
  server.unref();
  const program = folder.file("askpass");
  const node = [process.execPath, "-e", CLIENT, socket].map((word) => quoteForShell(word)).join(" ");
  await writeFile(program, `#!/bin/sh\nexec ${node} "$1"\n`, { mode: 0o700 });
  return {
    environment: { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: "force", DISPLAY: ":0" },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Questions look like `root@ALIAS's password:` or `(root@ALIAS) Password:`. Others get no answer. */
function answerTo(question: string, passwords: ReadonlyMap<string, string>): string | undefined {
  if (!/password/i.test(question)) return undefined;
  for (const [alias, password] of passwords) {
    if (question.includes(`@${alias}'`) || question.includes(`@${alias})`)) return password;
  }
  return undefined;
}
