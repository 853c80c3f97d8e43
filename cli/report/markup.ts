const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for XML and HTML, inside elements and attributes. What XML 1.0 cannot hold becomes a question mark. */
export function escapeMarkup(text: string): string {
  return (
    // Lone halves of surrogate pairs, which no encoding can hold, become the replacement character.
    Buffer.from(text, "utf8")
      .toString("utf8")
      // eslint-disable-next-line no-control-regex -- XML 1.0 forbids these, even escaped
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "?")
      .replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char)
  );
}
