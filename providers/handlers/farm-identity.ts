import { randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";
import { generateKeyPair, keyPairOf } from "../../hypervisor/images/ssh-keys";
import { madeOnce } from "./made-once";

const Seed = z.string().regex(/^[0-9a-f]{64}$/);
/** What a farm secret gives; absent: all is drawn at random. */
const Inputs = z.looseObject({ seeds: z.strictObject({ keySalt: Seed, loginKey: Seed }).optional() });

export const handler = madeOnce((inputs) => {
  const { seeds } = Inputs.parse(inputs);
  const comment = "guest-farm";
  const { privateKey, publicKey } =
    seeds === undefined ? generateKeyPair(comment) : keyPairOf(Buffer.from(seeds.loginKey, "hex"), comment);
  const farmId = randomUUID();
  const keySalt = seeds?.keySalt ?? randomBytes(32).toString("hex");
  return { id: farmId, outs: { farmId, privateKey, publicKey, keySalt } };
});
