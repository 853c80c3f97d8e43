/** Exit code of a supervisor (and of its front) that did not accept its specification; its log says why. */
export const SPEC_REFUSED = 2;
