/**
 * The text of the command of every source and step of an image. It names no folder: the package is found from the
 * program's folder, in a checkout and in a project that has it from a tarball.
 */
export const IMAGE_STEP_COMMAND = `node -e 'require("guest-farm/image-step").main()'`;
