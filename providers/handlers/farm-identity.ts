import { randomBytes, randomUUID } from "node:crypto";
import { generateKeyPair } from "../../hypervisor/images/ssh-keys";
import { madeOnce } from "./made-once";

export const handler = madeOnce(() => {
  const { privateKey, publicKey } = generateKeyPair("guest-farm");
  const farmId = randomUUID();
  return { id: farmId, outs: { farmId, privateKey, publicKey, keySalt: randomBytes(32).toString("hex") } };
});
