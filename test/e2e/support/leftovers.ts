/** How long whatever tests have started may still need to end by itself. */
const GRACE_MS = 30_000;

/** Fails the suite when something keeps the process from ending: a test that leaves a handle open hides a leak. */
export const mochaHooks = {
  afterAll(): void {
    const late = setTimeout(() => {
      const left = process.getActiveResourcesInfo().join(", ");
      process.stderr.write(`\nTests have left handles open: ${left}\n`);
      process.exit(1);
    }, GRACE_MS);
    late.unref();
  },
};
