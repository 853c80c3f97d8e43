import type { XmlElement } from "./element";

/** An element that is being read. */
interface OpenElement {
  /** As written, with its prefix. */
  readonly tag: string;
  readonly from: number;
  readonly attributes: readonly (readonly [name: string, value: string])[];
  /** Namespaces in force, by prefix; "": the default one. */
  readonly namespaces: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  readonly text: string[];
}

const TAG = /<([^\s<>/=!?]+)((?:\s+[^\s<>/=]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
const END_TAG = /<\/([^\s<>/]+)\s*>/y;
const ATTRIBUTE = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const NAMED = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);
/** Parts that are passed over, by how they begin and end. */
const PASSED_OVER = [
  ["<!--", "-->"],
  ["<?", "?>"],
] as const;
const CDATA = ["<![CDATA[", "]]>"] as const;

/**
 * Reads XML 1.0 without a document type, from begin to end. Definitions are read a dozen times in a run of seconds:
 * what a library takes for that, with its whole document model, was a quarter of the processor time of a warm run.
 */
export class XmlReader {
  private at = 0;
  private readonly open: OpenElement[] = [];
  private root: XmlElement | undefined;

  constructor(private readonly source: string) {}

  /** @throws Error when the text is no XML document. */
  read(): XmlElement {
    while (this.at < this.source.length) {
      const next = this.source.indexOf("<", this.at);
      this.text(this.source.slice(this.at, next < 0 ? undefined : next));
      if (next < 0) break;
      this.at = next;
      if (!this.passOver() && !this.cdata() && !this.endTag()) this.startTag();
    }
    if (this.root === undefined || this.open.length > 0) throw this.wrong();
    return this.root;
  }

  private text(raw: string): void {
    const element = this.open.at(-1);
    if (element !== undefined) element.text.push(this.decode(raw));
    else if (raw.trim() !== "" && raw.trim() !== "\uFEFF") throw this.wrong();
  }

  private passOver(): boolean {
    return PASSED_OVER.some((kind) => this.between(kind) !== null);
  }

  private cdata(): boolean {
    const element = this.open.at(-1);
    const text = element === undefined ? null : this.between(CDATA);
    if (text !== null) element?.text.push(text);
    return text !== null;
  }

  /** What stands between two marks, if the first is here; then goes on behind the second. */
  private between([begin, end]: readonly [string, string]): string | null {
    if (!this.source.startsWith(begin, this.at)) return null;
    const from = this.at + begin.length;
    const to = this.source.indexOf(end, from);
    if (to < 0) throw this.wrong();
    this.at = to + end.length;
    return this.source.slice(from, to);
  }

  private startTag(): void {
    TAG.lastIndex = this.at;
    const [whole, tag, list = "", empty] = TAG.exec(this.source) ?? [];
    if (whole === undefined || tag === undefined || this.root !== undefined) throw this.wrong();
    const attributes = [...list.matchAll(ATTRIBUTE)].map(
      ([, name = "", quoted, single]) => [name, this.decode(quoted ?? single ?? "")] as const,
    );
    const namespaces = withDeclared(this.open.at(-1)?.namespaces ?? new Map<string, string>(), attributes);
    this.open.push({ tag, from: this.at, attributes, namespaces, children: [], text: [] });
    this.at += whole.length;
    if (empty !== "") this.close();
  }

  private endTag(): boolean {
    END_TAG.lastIndex = this.at;
    const [whole, tag] = END_TAG.exec(this.source) ?? [];
    if (whole === undefined) return false;
    if (tag !== this.open.at(-1)?.tag) throw this.wrong();
    this.at += whole.length;
    this.close();
    return true;
  }

  private close(): void {
    const closed = this.open.pop();
    if (closed === undefined) throw this.wrong();
    const { tag, from, attributes, namespaces, children, text } = closed;
    const joined = text.join("");
    const element: XmlElement = {
      name: localName(tag),
      namespace: namespaces.get(prefixOf(tag)) ?? null,
      attributes: Object.fromEntries(attributes.map(([name, value]) => [localName(name), value])),
      children,
      text: joined.trim(),
      place: { from, to: this.at },
    };
    const parent = this.open.at(-1);
    if (parent === undefined) this.root = element;
    else {
      parent.children.push(element);
      parent.text.push(joined);
    }
  }

  private decode(text: string): string {
    return text.replace(/&([^;]*);?/g, (reference, name: string) => {
      const code = /^#(?:x([0-9a-f]+)|(\d+))$/i.exec(name);
      const character = code === null ? NAMED.get(name) : characterOf(code);
      if (character === undefined || !reference.endsWith(";")) throw this.wrong();
      return character;
    });
  }

  private wrong(): Error {
    const line = this.source.slice(0, this.at).split("\n").length;
    const near = this.source.slice(this.at, this.at + 40).split("\n")[0] ?? "";
    return new Error(`not an XML document: line ${line}${near === "" ? "" : `, at ${near}`}`);
  }
}

function characterOf([, hexadecimal, decimal]: RegExpExecArray): string | undefined {
  const code = hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

function withDeclared(
  outer: ReadonlyMap<string, string>,
  attributes: OpenElement["attributes"],
): ReadonlyMap<string, string> {
  const declared = attributes.filter(([name]) => name === "xmlns" || name.startsWith("xmlns:"));
  if (declared.length === 0) return outer;
  return new Map([...outer, ...declared.map(([name, uri]) => [name.slice("xmlns:".length), uri] as const)]);
}

function prefixOf(tag: string): string {
  return tag.slice(0, Math.max(0, tag.indexOf(":")));
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
