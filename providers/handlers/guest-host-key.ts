import { fingerprint, generateKeyPair } from "../../hypervisor/images/ssh-keys";
import { madeOnce } from "./made-once";

export const handler = madeOnce(() => {
  const { privateKey, publicKey } = generateKeyPair("guest");
  return { id: fingerprint(publicKey), outs: { privateKey, publicKey } };
});
