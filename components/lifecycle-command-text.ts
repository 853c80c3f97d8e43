/**
 * The text of every lifecycle command. It names no folder: the package is found from the program's folder, in a
 * checkout and in a project that has it from a tarball.
 */
export const LIFECYCLE_COMMAND = `node -e 'require("guest-farm/lifecycle").main()'`;
