/** Methods of a provider. `count`: parameters before the first with a default. */
const METHODS = [
  { name: "check", count: 2, takes: "(olds, news)", gives: "olds, news" },
  { name: "diff", count: 3, takes: "(id, olds, news)", gives: "id, olds, news" },
  { name: "create", count: 1, takes: "(inputs)", gives: "inputs" },
  { name: "read", count: 1, takes: "(id, props = {})", gives: "id, props" },
  { name: "update", count: 3, takes: "(id, olds, news)", gives: "id, olds, news" },
  { name: "delete", count: 2, takes: "(id, props)", gives: "id, props" },
] as const;

/**
 * The text of a provider that forwards to a module, as the SDK's serialiser writes it: JavaScript that exports a
 * function `handler`. Pulumi replaces resources whose text changes, so it must never change.
 *
 * @param module module that exports a `handler`, as `guest-farm/providers/handlers/domain`; resolved from the
 *   program's folder when the text runs
 */
export function providerText(module: string): string {
  const methods = METHODS.map(({ name }, index) => `${name}: __f${index + 1}`).join(", ");
  const functions = METHODS.map(({ name, count, takes, gives }, index) => {
    const parameters = Array.from({ length: count }, (_, at) => `__${at}`).join(", ");
    return scoped(
      `__f${index + 1}(${parameters})`,
      `module: ${JSON.stringify(module)}`,
      `${takes} => require(module).handler.${name}(${gives})`,
    );
  });
  const provider = scoped("__f0()", "provider: __provider", "() => provider");
  return ["exports.handler = __f0;\n", `var __provider = {${methods}};\n`, ...functions, provider].join("\n");
}

function scoped(signature: string, captured: string, body: string): string {
  return `function ${signature} {
  return (function() {
    with({ ${captured}, this: undefined, arguments: undefined }) {

return ${body};

    }
  }).apply(undefined, undefined).apply(this, arguments);
}
`;
}
