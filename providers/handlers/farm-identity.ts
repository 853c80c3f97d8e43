import { randomBytes, randomUUID } from "node:crypto";
import { generateKeyPair } from "../../hypervisor/images/ssh-keys";
import { keptAsItIs } from "./kept-as-it-is";

/** Made once per stack; nothing outside the state belongs to it. */
export const { check, diff, read, update, delete: remove } = keptAsItIs;
export { remove as delete };

export function create() {
  const pair = generateKeyPair("guest-farm");
  const farmId = randomUUID();
  return Promise.resolve({
    id: farmId,
    outs: {
      farmId,
      privateKey: pair.privateKey,
      publicKey: pair.publicKey,
      keySalt: randomBytes(32).toString("hex"),
    },
  });
}
