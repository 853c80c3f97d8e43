import { XmlReader } from "./reader";

/** An XML element without the parts that nobody here reads. */
export interface XmlElement {
  /** Name without its prefix. */
  readonly name: string;
  readonly namespace: string | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Text of the element and of those inside it, trimmed. */
  readonly text: string;
  /** Where it stands in the document, in UTF-16 units: the first of it and the first behind it. */
  readonly place: { readonly from: number; readonly to: number };
}

/** Parses a document that libvirt wrote. @throws Error when it is not XML. */
export function parseXml(text: string): XmlElement {
  return new XmlReader(text).read();
}

/** Children of a name, in order. */
export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** The first element at a path of names below an element. */
export function find(element: XmlElement, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>(
    (at, name) => at?.children.find((child) => child.name === name),
    element,
  );
}

/** Text at a path; undefined when there is no such element. */
export function textAt(element: XmlElement, ...path: readonly string[]): string | undefined {
  return find(element, ...path)?.text;
}
