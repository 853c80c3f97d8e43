"use strict";

const pulumi = require("@pulumi/pulumi");

/** What the resource is about: a file. Deleting it waits for another one when SLOW says so. */
const provider = {
  create: async () => {
    require("node:fs").writeFileSync(`${process.env.WORK}/thing`, "");
    return { id: "thing", outs: {} };
  },
  read: async (id, props) =>
    require("node:fs").existsSync(`${process.env.WORK}/thing`) ? { id, props } : {},
  diff: async () => ({ changes: false }),
  delete: async () => {
    const { existsSync, rmSync, writeFileSync } = require("node:fs");
    writeFileSync(`${process.env.WORK}/deleting`, "");
    while (process.env.SLOW && !existsSync(`${process.env.WORK}/go`))
      await new Promise((next) => setTimeout(next, 20));
    rmSync(`${process.env.WORK}/thing`, { force: true });
  },
};
new (class extends pulumi.dynamic.Resource {})(provider, "thing", {});
