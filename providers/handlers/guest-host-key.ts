import { z } from "zod";
import { fingerprint, generateKeyPair, keyPairOf } from "../../hypervisor/images/ssh-keys";
import { madeOnce } from "./made-once";

/** `seed`: what a farm secret gives for this guest; absent: the key is drawn at random. */
const Inputs = z.looseObject({
  seed: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

export const handler = madeOnce((inputs) => {
  const { seed } = Inputs.parse(inputs);
  const { privateKey, publicKey } =
    seed === undefined ? generateKeyPair("guest") : keyPairOf(Buffer.from(seed, "hex"), "guest");
  return { id: fingerprint(publicKey), outs: { privateKey, publicKey } };
});
