import * as ts from "typescript";

/** The comment over a declaration, links as plain names. */
export function docText(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  return ts
    .displayPartsToString(symbol.getDocumentationComment(checker))
    .replace(/\{@link (\w+)\}/g, "`$1`")
    .trim();
}

/** Sentences of the tags that users of a declaration have to know. */
export function docTags(symbol: ts.Symbol, checker: ts.TypeChecker): string[] {
  const shown: Readonly<Record<string, string>> = { throws: "Throws", returns: "Returns" };
  return symbol.getJsDocTags(checker).flatMap(({ name, text }) => {
    const verb = shown[name];
    return verb === undefined
      ? []
      : [`${verb} ${ts.displayPartsToString(text).replace(/\s+/g, " ").trim()}\n`];
  });
}

/** The text of a function's signature. */
export function signatureText(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  const [signature] = checker.getTypeOfSymbol(symbol).getCallSignatures();
  if (signature === undefined) throw new Error(`${symbol.name} is no function`);
  return `${symbol.name}${checker.signatureToString(signature)}`;
}

/** Name, type and comment of every property that a class or type declares itself, as cells of a Markdown table. */
export function propertyRows(symbol: ts.Symbol, checker: ts.TypeChecker): string[][] {
  return membersOf(symbol, checker).map((property) => {
    const optional = property.flags & ts.SymbolFlags.Optional ? "?" : "";
    const text = docText(property, checker).replace(/\s+/g, " ");
    return [`\`${property.name}${optional}\``, `\`${typeText(property, checker)}\``, text].map(cell);
  });
}

function membersOf(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol[] {
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  if (!(symbol.flags & ts.SymbolFlags.Class)) return checker.getPropertiesOfType(type);
  const own = symbol.members === undefined ? [] : [...symbol.members.values()];
  const properties = ts.SymbolFlags.Property | ts.SymbolFlags.Accessor;
  return own.filter((member) => member.flags & properties && !isPrivate(member));
}

function isPrivate(member: ts.Symbol): boolean {
  const declaration = member.valueDeclaration;
  const name = declaration === undefined ? undefined : ts.getNameOfDeclaration(declaration);
  return name !== undefined && ts.isPrivateIdentifier(name);
}

/** Longer types say less than the name of what they are made of. */
const LONGEST = 90;

/** As it is written; of types that are worked out, what the compiler makes of them, or what they are made of. */
function typeText(property: ts.Symbol, checker: ts.TypeChecker): string {
  const [declaration] = property.declarations ?? [];
  if (
    declaration !== undefined &&
    (ts.isPropertyDeclaration(declaration) || ts.isPropertySignature(declaration))
  ) {
    if (declaration.type !== undefined) return plain(declaration.type.getText());
  }
  const worked = plain(checker.typeToString(checker.getTypeOfSymbol(property), undefined, WHOLE));
  if (worked.length <= LONGEST) return worked;
  const origin =
    declaration !== undefined && ts.isPropertyAssignment(declaration)
      ? schemaName(declaration.initializer)
      : "object";
  return worked.startsWith("Input<") ? `Input<${origin}>` : origin;
}

const WHOLE = ts.TypeFormatFlags.NoTruncation;

/** The type's name behind a schema: `OwnerMark`, `z.array(ImageStep)`. */
function schemaName(schema: ts.Expression): string {
  const [, item, list] = /^(\w+)$|^z\.array\((\w+)\)$/.exec(schema.getText()) ?? [];
  return item ?? (list === undefined ? "object" : `${list}[]`);
}

function plain(type: string): string {
  return type
    .replace(/import\("[^"]*"\)\./g, "")
    .replace(/\b(pulumi|libvirt|command)\./g, "")
    .replace(/\/\*\*.*?\*\//gs, "")
    .replace(/\s+/g, " ")
    .replace(/ \| undefined(?=$|>$)/, "");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
