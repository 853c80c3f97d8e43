import { create } from "xmlbuilder2";

/** An XML element without the parts that nobody here reads. */
export interface XmlElement {
  /** Name without its prefix. */
  readonly name: string;
  readonly namespace: string | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Text of the element and of those inside it, trimmed. */
  readonly text: string;
}

type DomElement = ReturnType<typeof documentElement>;

/** Parses a document that libvirt wrote. @throws Error when it is not XML. */
export function parseXml(text: string): XmlElement {
  return convert(documentElement(text));
}

function documentElement(text: string) {
  const element = (create(text).node as unknown as { documentElement: DomNode | null }).documentElement;
  if (element === null) throw new Error("not an XML document");
  return element;
}

/** The part of the DOM that xmlbuilder2 builds on which is used here. */
interface DomNode {
  readonly nodeType: number;
  readonly localName: string;
  readonly namespaceURI: string | null;
  readonly textContent: string | null;
  readonly attributes: Iterable<{ readonly localName: string; readonly value: string }>;
  readonly childNodes: Iterable<DomNode>;
}

const ELEMENT_NODE = 1;

function convert(element: DomElement): XmlElement {
  return {
    name: element.localName,
    namespace: element.namespaceURI,
    attributes: Object.fromEntries([...element.attributes].map(({ localName, value }) => [localName, value])),
    children: [...element.childNodes].filter(({ nodeType }) => nodeType === ELEMENT_NODE).map(convert),
    text: (element.textContent ?? "").trim(),
  };
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
