import type { XmlElement } from "./element";
import { XmlReader } from "./reader";

export type * from "./element";

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
