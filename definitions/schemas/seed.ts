import { z } from "zod";
import { accountName, fileMode, loginName, oneLine, timezone } from "./machine-names";
import { anyMap, flag, oneWordOf, secretText, strictMap, text } from "./scalars";

const texts = (what: string) => z.array(text(), what);

const user = strictMap({
  name: accountName(),
  keys: texts("a list of public keys").optional(),
  password: secretText().optional(),
  sudo: flag().optional(),
  shell: oneLine("a shell, in one line").optional(),
  groups: z.array(oneLine("a group, in one line"), "a list of groups").optional(),
});

const file = strictMap({
  path: text("absolute path in the guest"),
  content: z.string("text"),
  mode: fileMode().optional(),
  owner: oneLine("user or user:group").optional(),
});

/** First-boot data. `false`: the guest gets no seed drive. */
export const SeedDefinition = z.union(
  [
    z.literal(false),
    strictMap({
      users: z.array(user, "a list of users").optional(),
      packages: texts("a list of packages").optional(),
      files: z.array(file, "a list of files").optional(),
      commands: texts("a list of commands").optional(),
      growpart: flag().optional(),
      timezone: timezone().optional(),
      network: anyMap().optional(),
      userDataFile: text("a file").optional(),
    }),
  ],
  "a map, or false for no seed drive",
);
export type SeedDefinition = z.infer<typeof SeedDefinition>;

/** How guest-farm logs in. One of `key` and `password`. */
export const AuthDefinition = strictMap({
  user: loginName().optional(),
  key: text('"generated", or a private key file').optional(),
  password: secretText().optional(),
  become: strictMap({
    user: loginName().optional(),
    method: oneWordOf(["sudo", "su", "doas"]).optional(),
    password: secretText().optional(),
  }).optional(),
});
