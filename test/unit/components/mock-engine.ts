import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import type * as Components from "../../../components";

/** One resource as the program registered it. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  /** Type and name of the parent, as `guest-farm:index:Farm mine`; undefined: the stack. */
  readonly parent: string | undefined;
  /** Inputs with secrets taken out of their envelopes. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Inputs that are secret. */
  readonly secretInputs: readonly string[];
  /** Outputs that the state keeps secret whatever they were made from. */
  readonly secretOutputs: readonly string[];
  /** Inputs whose changes the engine is to overlook. */
  readonly ignoredChanges: readonly string[];
  /** Names of the resources that it waits for. */
  readonly dependencies: readonly string[];
}

/** Secrets of the mock engine's farm identity, guest keys and stack configuration; none may leave its place. */
export const PLANTED = {
  privateKey: "PLANTED-private-key",
  keySalt: "PLANTED-key-salt",
  hostPrivateKey: "PLANTED-host-key",
  token: "PLANTED-stack-secret",
} as const;

const REPOSITORY = resolve(__dirname, "../../..");

/**
 * Runs a piece of a Pulumi program against an engine that only takes notes. Every run gets the components' modules
 * anew, as every program does.
 *
 * @param outputs what the engine adds to the state, by the last part of the type
 * @param secrets more of the stack's configuration
 * @returns the registrations in a stable order
 */
export async function registrationsOf(
  program: (components: typeof Components) => unknown,
  outputs: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {},
  secrets: Readonly<Record<string, string>> = {},
): Promise<Registration[]> {
  const registrations = new Map<string, Registration>();
  await pulumi.runtime.setMocks(
    { newResource: (args) => answer(args, outputs), call: ({ inputs }) => inputs as Record<string, unknown> },
    "guest-farm",
    "mine",
  );
  const config = { "guest-farm:token": PLANTED.token, ...secrets };
  pulumi.runtime.setAllConfig(config, Object.keys(config));
  const restore = watch(registrations);
  try {
    forgetModules();
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a fresh copy in every run
    program(require("../../../components") as typeof Components);
    await settled();
  } finally {
    restore();
  }
  return [...registrations.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** The one registration with this name and, where several have it, the end of its type. */
export function find(registrations: readonly Registration[], name: string, type = ""): Registration {
  const found = registrations.filter((one) => one.name === name && one.type.endsWith(type));
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} resources are called ${name}`);
  return found[0];
}

export function keyOf({ type, name }: { type: string; name: string }): string {
  return `${type} ${name}`;
}

/** Runs until nothing is registered any more. */
async function settled(): Promise<void> {
  await (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs();
}

function forgetModules(): void {
  const rooms = ["components", "providers"].map((room) => join(REPOSITORY, room) + "/");
  for (const path of Object.keys(require.cache)) {
    if (rooms.some((room) => path.startsWith(room))) Reflect.deleteProperty(require.cache, path);
  }
}

function answer(
  { type, name, inputs }: pulumi.runtime.MockResourceArgs,
  outputs: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): pulumi.runtime.MockResourceResult {
  const [kind = ""] = type.split(":").slice(-1);
  const state = { ...(inputs as Record<string, unknown>), ...MADE_UP[kind], ...outputs[kind] };
  const id = kind === "Domain" || kind === "Network" ? String(state["name"]) : `id-of-${name}`;
  return { id, state };
}

const MADE_UP: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  FarmIdentity: {
    farmId: "farm-id",
    publicKey: "ssh-ed25519 farm",
    privateKey: pulumi.secret(PLANTED.privateKey),
    keySalt: pulumi.secret(PLANTED.keySalt),
  },
  GuestHostKey: { publicKey: "ssh-ed25519 host", privateKey: pulumi.secret(PLANTED.hostPrivateKey) },
  CachedImage: {
    facts: {
      path: "/images/base.qcow2",
      digest: "0123456789abcdef0123456789abcdef",
      format: "qcow2",
      boot: { kernel: "/images/vmlinuz", initrd: "/images/initrd", cmdline: "root=/dev/vda" },
    },
  },
  Domain: { uuid: "uuid-1" },
  Network: { uuid: "uuid-2" },
  CacheEntry: { state: "miss", token: "token-1" },
};

/** Takes notes of what Pulumi's own mocks do not tell: parents, dependencies, secret outputs. */
function watch(registrations: Map<string, Registration>): () => void {
  const prototype = MockMonitor.prototype as unknown as Record<string, unknown>;
  const original = prototype["registerResource"] as (request: Request, callback: unknown) => Promise<void>;
  prototype["registerResource"] = function (this: unknown, request: Request, callback: unknown) {
    const raw = pulumi.runtime.deserializeProperties(request.getObject()) as Record<string, unknown>;
    const registration: Registration = {
      type: request.getType(),
      name: request.getName(),
      parent: named(request.getParent()),
      inputs: Object.fromEntries(Object.entries(raw).map(([key, value]) => [key, opened(value)])),
      secretInputs: Object.keys(raw).filter((key) => pulumi.runtime.isRpcSecret(raw[key])),
      ignoredChanges: request.getIgnorechangesList(),
      secretOutputs: request.getAdditionalsecretoutputsList(),
      dependencies: request.getDependenciesList().map((urn) => urn.split("::").at(-1) ?? ""),
    };
    registrations.set(keyOf(registration), registration);
    return original.call(this, request, callback);
  };
  return () => void (prototype["registerResource"] = original);
}

interface Request {
  getType(): string;
  getName(): string;
  getParent(): string;
  getObject(): Parameters<typeof pulumi.runtime.deserializeProperties>[0];
  getAdditionalsecretoutputsList(): string[];
  getDependenciesList(): string[];
  getIgnorechangesList(): string[];
}

/** `type name` of an URN; undefined for the stack's own. */
function named(urn: string): string | undefined {
  const [, , types = "", name = ""] = urn.split("::");
  const type = types.split("$").at(-1) ?? "";
  return urn === "" || type === "pulumi:pulumi:Stack" ? undefined : `${type} ${name}`;
}

function opened(value: unknown): unknown {
  return pulumi.runtime.isRpcSecret(value) ? pulumi.runtime.unwrapRpcSecret(value) : value;
}
