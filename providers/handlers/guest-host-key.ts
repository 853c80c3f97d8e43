import { fingerprint, generateKeyPair } from "../../hypervisor/images/ssh-keys";
import { keptAsItIs } from "./kept-as-it-is";

export const { check, diff, read, update, delete: remove } = keptAsItIs;
export { remove as delete };

export function create() {
  const pair = generateKeyPair("guest");
  return Promise.resolve({
    id: fingerprint(pair.publicKey),
    outs: { privateKey: pair.privateKey, publicKey: pair.publicKey },
  });
}
