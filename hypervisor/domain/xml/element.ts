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
