import { z } from "zod";
import { anyMap, freeName, oneWordOf, strictMap, text } from "./scalars";
import { settingsShape } from "./settings";

const REVISION = "text without / and control characters, or a whole number; quote a number with a dot";

export const revision = () =>
  z.union([z.int(REVISION).nonnegative(REVISION), freeName(REVISION)], REVISION).transform(String);

const secrets = z.union(
  [z.array(text("name of a secret")), z.record(z.string(), text("a key of the stack's configuration"))],
  "a list of secrets of the stack's configuration, or a map of names to its keys",
);

const guests = z.union(
  [
    z.array(text("name of a guest; * stands for anything")),
    strictMap({
      names: z.array(text("name of a guest; * stands for anything"), "a list of guest names").optional(),
      platforms: z.array(text("name of a platform"), "a list of platforms").optional(),
      targets: z.array(text("name of a target"), "a list of targets").optional(),
    }),
  ],
  "a list of guest names (* stands for anything), or {names, platforms, targets}",
);

const projectShape = {
  /** First part of the names of its init snapshots. */
  id: freeName("an id without / and control characters").optional(),
  revision: revision().optional(),
  /** Folder of the phase files, relative to the farm file. */
  phases: text("a folder").optional(),
  vars: anyMap().optional(),
  secrets: secrets.optional(),
  runMain: oneWordOf(["onChange", "always"]).optional(),
  guests: guests.optional(),
  ...settingsShape,
};

export const ProjectDefinition = strictMap(projectShape);
export type ProjectDefinition = z.infer<typeof ProjectDefinition>;
