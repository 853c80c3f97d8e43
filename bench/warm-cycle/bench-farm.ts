import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { DomainSpec } from "../../hypervisor/domain/spec";
import { FarmUnderTest } from "../../test/e2e/support/farm-under-test";

/** What the state says that the hand-written scripts need, and the lifecycle's own standard input. */
export interface BenchGuest {
  readonly name: string;
  readonly spec: DomainSpec;
  /** Standard input of the lifecycle. */
  readonly stdin: string;
  readonly port: number;
  /** `known_hosts` line. */
  readonly knownHost: string;
}

export interface BenchFarm {
  readonly farm: FarmUnderTest;
  readonly guests: readonly BenchGuest[];
  /** File with the private key, for the hand-written scripts only; gone with the farm's folder. */
  readonly keyFile: string;
}

const Deployment = z.object({
  deployment: z.object({
    resources: z.array(
      z.object({ type: z.string(), urn: z.string(), outputs: z.record(z.string(), z.unknown()).optional() }),
    ),
  }),
});
const Lifecycle = z.object({
  guest: z.object({
    name: z.string(),
    connection: z.object({ port: z.number(), hostKeys: z.array(z.string()) }),
  }),
  domain: DomainSpec,
});

/** A farm of tiny guests whose init snapshots are there already. */
export async function prepareFarm(guests: number): Promise<BenchFarm> {
  const farm = FarmUnderTest.fresh();
  farm.farm({
    hypervisors: { local: {} },
    guests: { list: [{ platform: "tiny", target: "amd64", count: guests }] },
    project: { id: "bench", revision: 1 },
  });
  farm.phase("init.yaml", { run: "echo init" });
  farm.phase("main.yaml", { run: "echo main" });
  farm.phase("terminate.yaml", { run: "echo terminate" });
  await farm.init();
  must(await farm.up());
  const state = await farm.pulumi("stack", "export", "-s", farm.stack, "--show-secrets");
  const { resources } = Deployment.parse(JSON.parse(must(state).slice(must(state).indexOf("{")))).deployment;
  return {
    farm,
    keyFile: writeKey(farm, resources),
    guests: resources.flatMap(({ type, outputs }) =>
      type === "command:local:Command" ? [benchGuest(secretText(outputs?.["stdin"]))] : [],
    ),
  };
}

function benchGuest(stdin: string): BenchGuest {
  const { guest, domain } = Lifecycle.parse(JSON.parse(stdin));
  const { port, hostKeys } = guest.connection;
  return {
    name: guest.name,
    spec: domain,
    stdin,
    port,
    knownHost: `[127.0.0.1]:${port} ${hostKeys[0] ?? ""}\n`,
  };
}

function writeKey(
  farm: FarmUnderTest,
  resources: z.infer<typeof Deployment>["deployment"]["resources"],
): string {
  const identity = resources.find(({ type }) => type.endsWith(":FarmIdentity"));
  const folder = join(farm.folder, "peer");
  mkdirSync(folder, { mode: 0o700 });
  const file = join(folder, "key");
  writeFileSync(file, secretText(identity?.outputs?.["privateKey"]), { mode: 0o600 });
  return file;
}

/** A secret of an exported state, in the clear. Format: `plaintext` holds the value as JSON. */
function secretText(value: unknown): string {
  const secret = z.object({ plaintext: z.string() }).parse(value);
  return z.string().parse(JSON.parse(secret.plaintext));
}

function must({ exitCode, output }: { exitCode: number; output: string }): string {
  if (exitCode !== 0) throw new Error(output);
  return output;
}
