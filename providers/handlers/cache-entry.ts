import { randomBytes } from "node:crypto";
import { z } from "zod";
import { guestFiles } from "../../hypervisor/guest-files";
import { readRecord } from "../../hypervisor/snapshots/record-file";
import type { SnapshotRecord } from "../../hypervisor/snapshots/record";
import { HypervisorSpec } from "../../hypervisor/spec";
import { changedKeys, checkInputs, hasUnknown, parseInputs, type Properties } from "../resource-handler";
import { runFirst, staged } from "../staged";
import { lookOnHost, withHost } from "./with-host";

const Entry = z.strictObject({
  hypervisor: HypervisorSpec,
  domain: z.string().min(1),
  instance: z.string(),
  snapshot: z.string().min(1),
  project: z.string().nullish(),
  revision: z.string().nullish(),
  key: z.string().nullish(),
  keep: z.number().int().min(1),
  expected: z.boolean(),
});
type Entry = z.infer<typeof Entry>;

const KEYS = Object.keys(Entry.shape);
/** What names the snapshot; the rest may change in place. */
const NAMING = ["domain", "instance", "snapshot", "project", "revision", "key"];
const entryOf = (props: Properties) => parseInputs(Entry, props, KEYS);

function check(_olds: Properties, news: Properties) {
  return Promise.resolve(checkInputs(Entry, news));
}

function diff(_id: string, olds: Properties, news: Properties) {
  // What is not known yet, as the instance of a domain that is about to change, mostly stays what it is.
  const replaces = changedKeys(olds, news, NAMING).filter((key) => !hasUnknown(news[key]));
  return Promise.resolve({ changes: changedKeys(olds, news, KEYS).length > 0, replaces });
}

async function create(inputs: Properties) {
  const entry = entryOf(inputs);
  const record = await find(entry);
  const matches =
    record !== null && (entry.key === null || entry.key === undefined || record.key === entry.key);
  const found = record === null ? "miss" : matches ? "hit" : "stale";
  const token = matches ? record.token : randomBytes(12).toString("hex");
  return { id: `${entry.domain}/${entry.snapshot}`, outs: { ...inputs, state: found, token } };
}

/** An entry whose snapshot is gone, or is another one now, is dropped: the next update makes a new one. */
async function read(id: string, props: Properties) {
  const entry = entryOf(props);
  if (!entry.expected) return { id, props };
  const isThere = await lookOnHost(entry.hypervisor, true, async (host) => {
    const record = await readRecord(host, filesOf(entry), entry.snapshot);
    return record !== null && record.token === props["token"];
  });
  return isThere === true ? { id, props } : {};
}

function update(_id: string, olds: Properties, news: Properties) {
  return Promise.resolve({ outs: { ...news, state: olds["state"], token: olds["token"] } });
}

/** Snapshots are removed by retention and with their domain, not with their entry. */
function remove() {
  return Promise.resolve();
}

export const handler = staged(
  { check, diff, create, read, update, delete: remove },
  {
    inputs: Entry,
    id: (inputs) => `${String(inputs["domain"])}/${String(inputs["snapshot"])}`,
    outs: { state: "miss", token: "" },
    missing: ({ instance, domain }) =>
      instance === ""
        ? {
            property: "instance",
            reason: `guest "${String(domain)}" is not defined yet: ${runFirst("provision")}`,
          }
        : null,
  },
);

function find(entry: Entry): Promise<SnapshotRecord | null> {
  return withHost(entry.hypervisor, (host) => readRecord(host, filesOf(entry), entry.snapshot));
}

function filesOf({ hypervisor, domain }: Entry) {
  return guestFiles(hypervisor.diskPoolPath, domain);
}
