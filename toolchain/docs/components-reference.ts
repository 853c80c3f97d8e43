import { resolve } from "node:path";
import * as ts from "typescript";
import { docTags, docText, propertyRows, signatureText } from "./declarations";

const REPOSITORY = resolve(__dirname, "../..");
const HEAD = `# Components

What a Pulumi program imports from \`guest-farm\`. Every resource takes a name, its arguments and Pulumi's options;
\`Input<T>\` is a value, a promise or an output. A mistake in an argument is an \`InputPropertyError\` that names its path.
[The README](../README.md#from-a-program-of-your-own) has a complete program.

This page is generated from the sources: \`npx tsx toolchain/docs/write.ts\`.
`;

/** The text of `docs/components.md`: the declarations behind `components/index.ts` with their comments. */
export function componentsReference(): string {
  const { checker, exported } = readEntry(resolve(REPOSITORY, "components/index.ts"));
  const classes = exported.filter(({ flags }) => flags & ts.SymbolFlags.Class);
  const functions = exported.filter(({ flags }) => flags & ts.SymbolFlags.Function);
  const argumentNames = new Set(classes.map(({ name }) => `${name}Args`));
  const types = exported.filter((symbol) => symbol.flags & ts.SymbolFlags.Type && !classes.includes(symbol));
  const argsOf = (name: string) => types.find((type) => type.name === `${name}Args`);
  return [
    HEAD,
    "## Resources\n",
    ...classes.map((symbol) => describeClass(symbol, argsOf(symbol.name), checker)),
    "## Functions\n",
    ...functions.map((symbol) => describeFunction(symbol, checker)),
    "## Types\n",
    ...types
      .filter(({ name }) => !argumentNames.has(name))
      .map((symbol) => `### ${symbol.name}\n\n${docText(symbol, checker)}\n\n${table(symbol, checker)}`),
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

function readEntry(entry: string): { checker: ts.TypeChecker; exported: ts.Symbol[] } {
  const file = resolve(REPOSITORY, "tsconfig.json");
  const { config } = ts.readConfigFile(file, (path) => ts.sys.readFile(path)) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, REPOSITORY);
  const program = ts.createProgram([entry], options);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${entry} exports nothing`);
  const exported = checker
    .getExportsOfModule(module)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));
  return { checker, exported: exported.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

function describeClass(symbol: ts.Symbol, args: ts.Symbol | undefined, checker: ts.TypeChecker): string {
  const outputs = propertyRows(symbol, checker);
  return [
    `### ${symbol.name}\n\n${docText(symbol, checker)}\n`,
    ...docTags(symbol, checker),
    ...(args === undefined ? [] : [`Arguments, \`${args.name}\`:\n\n${table(args, checker)}`]),
    ...(outputs.length === 0 ? [] : [`Properties:\n\n${rows(["property", "type", ""], outputs)}`]),
  ].join("\n");
}

function describeFunction(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  const signature = `\`\`\`ts\n${signatureText(symbol, checker)}\n\`\`\`\n`;
  return [
    `### ${symbol.name}\n\n${signature}`,
    `${docText(symbol, checker)}\n`,
    ...docTags(symbol, checker),
  ].join("\n");
}

function table(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  if (type.isUnion()) {
    const members = type.types.map((member) => `  | ${checker.typeToString(member)}`);
    return `\`\`\`ts\n${members.join("\n")}\n\`\`\`\n`;
  }
  return rows(["key", "type", ""], propertyRows(symbol, checker));
}

function rows(head: readonly string[], cells: readonly (readonly string[])[]): string {
  const line = (each: readonly string[]) => `| ${each.join(" | ")} |`;
  return `${[line(head), line(head.map(() => "---")), ...cells.map(line)].join("\n")}\n`;
}
