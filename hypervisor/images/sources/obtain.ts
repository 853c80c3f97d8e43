import type { PlainImage } from "../../../definitions/images";
import type { Workshop } from "../workshop";
import { uploadFile } from "./file";
import type { MadeImage } from "./made-image";
import { buildFromPackages } from "./packages";
import { copyVolume } from "./pool";
import { download, type Patience } from "./url";

/** Fetches or builds what an image is made from. */
export function obtain(
  workshop: Workshop,
  { name, source }: Pick<PlainImage, "name" | "source">,
  patience: Patience,
): Promise<MadeImage> {
  switch (source.kind) {
    case "url":
      return download(workshop, name, source, patience);
    case "file":
      return uploadFile(workshop, name, source);
    case "pool":
      return copyVolume(workshop, name, source);
    case "packages":
      return buildFromPackages(workshop, name, source);
  }
}
