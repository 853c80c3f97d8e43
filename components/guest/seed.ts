import { createHmac } from "node:crypto";
import type { PlacedGuest } from "../../definitions/placement/place-farm";
import { UserError } from "../../definitions/user-error";
import { sha512Crypt } from "../../hypervisor/images/password-hash";
import { type SeedAccount, seedFiles } from "../../hypervisor/images/seed";
import { ProgramError } from "../program-error";
import { readUserData } from "./user-data-file";
import type { SecretTexts } from "./secret-text";

/** What a seed is made from. */
export interface SeedParts {
  readonly definition: PlacedGuest;
  readonly secrets: SecretTexts;
  readonly hostKey: { readonly privateKey: string; readonly publicKey: string };
  /** Public key that the login user accepts: the farm's, or that of a key file. */
  readonly authorizedKey: string;
  readonly farm: string;
  /** Secret; makes the salts of password hashes, which have to be the same in every run. */
  readonly keySalt: string;
}

/** The first-boot seed of a guest, text by file name; undefined for guests that have none. */
export function guestSeed(parts: SeedParts): Record<string, string> | undefined {
  const { definition, farm, hostKey } = parts;
  const { seed } = definition;
  if (seed === null) return undefined;
  return seedFiles({
    hostname: definition.hostname,
    instanceId: `${farm}-${definition.domainName}`,
    users: accounts(parts),
    hostKey,
    cards: definition.nics.map((nic) => ({
      mac: nic.mac,
      address: nic.kind === "user" || nic.kind === "network" ? undefined : withPrefix(nic.address),
    })),
    packages: seed.packages,
    files: seed.files,
    commands: seed.commands,
    growpart: seed.growpart,
    timezone: seed.timezone,
    network: seed.network,
    userData: seed.userDataFile === undefined ? undefined : ownUserData(definition.name, seed.userDataFile),
  });
}

/** Mistakes end the program without a stack trace. */
function ownUserData(guest: string, path: string): string {
  try {
    return readUserData(guest, path);
  } catch (error) {
    throw error instanceof UserError ? new ProgramError(error.message) : error;
  }
}

/** The users of the definition; the login user is among them, and accepts the farm's key. */
function accounts({ definition, secrets, authorizedKey, keySalt }: SeedParts): SeedAccount[] {
  const { auth, seed } = definition;
  const hash = (user: string, password: string | undefined) =>
    password === undefined ? undefined : sha512Crypt(password, saltOf(user, keySalt));
  const listed = (seed?.users ?? []).map((user): SeedAccount => ({
    name: user.name,
    keys: user.keys,
    passwordHash: hash(user.name, secrets.users[user.name]),
    sudo: user.sudo,
    shell: user.shell,
    groups: user.groups,
  }));
  const known = listed.find(({ name }) => name === auth.user);
  const login: SeedAccount = {
    name: auth.user,
    sudo: false,
    shell: undefined,
    groups: [],
    ...known,
    keys: [...(known?.keys ?? []), ...(auth.key === undefined ? [] : [authorizedKey])],
    passwordHash: known?.passwordHash ?? hash(auth.user, secrets.password),
  };
  const become = rootPassword(definition, secrets, hash);
  return [...listed.filter(({ name }) => name !== auth.user), login, ...become];
}

/** `su` asks for the other user's password, which that user has to have. */
function rootPassword(
  { auth, seed }: PlacedGuest,
  { becomePassword }: SecretTexts,
  hash: (user: string, password: string | undefined) => string | undefined,
): SeedAccount[] {
  const { become } = auth;
  const listed = seed?.users.some(({ name }) => name === become?.user) ?? false;
  if (become?.method !== "su" || listed || become.user === auth.user) return [];
  const passwordHash = hash(become.user, becomePassword);
  return [{ name: become.user, keys: [], passwordHash, sudo: false, shell: undefined, groups: [] }];
}

function saltOf(user: string, keySalt: string): string {
  return createHmac("sha256", keySalt).update(user).digest("hex").slice(0, 16);
}

function withPrefix(address: string | undefined): string | undefined {
  return address === undefined || address.includes("/") ? address : `${address}/24`;
}
