"use strict";

// Commands for the conformance test. Which of them exist, and with what inputs, is told by the variables CASES and STEP.

const fs = require("node:fs");
const pulumi = require("@pulumi/pulumi");
const command = require("@pulumi/command");

const step = Number(process.env.STEP ?? "1");
const folder = process.env.WORK;
const changed = step > 1;

const cases = {
  local() {
    const plain = new command.local.Command("plain", {
      create: 'echo "in $0: $GREETING"; echo problem >&2; printf "last\\n\\n"',
      environment: { GREETING: changed ? "goodbye" : "hello" },
    });
    new command.local.Command("interpreter", { interpreter: ["/bin/echo", "-n"], create: "a  b" });
    new command.local.Command("input", {
      create: "cat; pwd",
      stdin: pulumi.secret("planted-secret"),
      dir: folder,
    });
    new command.local.Command("nothing", {});
    new command.local.Command("files", {
      create:
        "mkdir -p out/deep && echo one > out/one.txt && echo two > out/deep/two.txt && echo no > out/no.log",
      dir: folder,
      assetPaths: ["out/**", "!**.log"],
      archivePaths: ["out/*.txt"],
    });
    new command.local.Command("update", {
      create: "echo first; echo noise >&2",
      update: 'echo "again after $PULUMI_COMMAND_STDOUT and $PULUMI_COMMAND_STDERR"',
      environment: { STEP: String(step) },
    });
    new command.local.Command("forgets", {
      create: 'echo "before: $PULUMI_COMMAND_STDOUT"',
      addPreviousOutputInEnv: false,
      environment: { STEP: String(step) },
    });
    new command.local.Command("trigger", {
      create: "echo $$ $(date +%N)",
      triggers: ["same", changed ? "new" : "old"],
    });
    new command.local.Command("leaves", {
      create: "echo made",
      delete: `echo "gone after $PULUMI_COMMAND_STDOUT" > ${folder}/deleted`,
    });
    new command.local.Command("follows", { create: pulumi.interpolate`echo "<${plain.stdout}>"` });
    return { invoked: command.local.runOutput({ command: "echo invoked" }).stdout };
  },
  failing() {
    new command.local.Command("fails", { create: "echo said; echo why >&2; exit 3" });
    new command.local.Command("nowhere", { create: "true", dir: "/does/not/exist" });
    new command.local.Command("sibling", { create: "echo fine" });
  },
  endless() {
    new command.local.Command("endless", {
      create: `touch ${folder}/started; exec sleep ${process.env.SLEEP}`,
    });
  },
  remote() {
    const login = { host: "127.0.0.1", port: Number(process.env.SSH_PORT), user: "root", dialErrorLimit: 2 };
    const privateKey = fs.readFileSync(process.env.SSH_KEY, "utf8");
    const connection = { ...login, privateKey, hostKey: process.env.SSH_HOST_KEY };
    new command.remote.Command("remote", {
      connection,
      create: 'cat; echo "100% $GREETING"\necho "it\'s two lines" >&2',
      stdin: "input ",
      environment: { GREETING: "hello" },
    });
    new command.remote.Command("remote-fails", { connection, create: "echo said; exit 4" });
    new command.remote.Command("wrong-host", {
      connection: { ...connection, hostKey: process.env.SSH_OTHER_KEY },
      create: "true",
    });
    new command.remote.Command("hop", {
      connection: { ...connection, proxy: connection },
      create: "echo over",
    });
    const copy = (name, source, remotePath) =>
      new command.remote.CopyToRemote(name, { connection, source, remotePath });
    copy("file", new pulumi.asset.FileAsset(`${folder}/source/a b.txt`), `${folder}/remote/copied.txt`);
    copy("folder", new pulumi.asset.FileArchive(`${folder}/source`), `${folder}/tree`);
    copy("text", new pulumi.asset.StringAsset("some text"), `${folder}/deep/er/text`);
  },
};

module.exports = cases[process.env.CASES]?.() ?? {};
