import { Document, isScalar, Scalar, visit } from "yaml";

const BOOLEAN = /^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/;

/** What YAML 1.1 takes for something else than text, beyond what YAML 1.2 does (types: yaml.org/type, "int" to "value"). */
const OTHERS = [
  /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/,
  /^[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$/,
  /^\d{4}-\d\d?-\d\d?(?:(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)?$/,
  /^(?:=|<<)$/,
];

/**
 * Data as YAML that says the same to readers of YAML 1.1, as cloud-init's, and of YAML 1.2: only what they would read
 * differently is put into quotes.
 *
 * @param words whether `yes`, `no`, `on` and `off` are text as well. Not so in what a user has written in cloud-init's
 * own language, where they are truth values.
 */
export function seedYaml(data: unknown, words: "text" | "truth" = "text"): string {
  const document = new Document(data);
  visit(document, {
    Scalar: (_, scalar) => {
      if (!isScalar(scalar) || typeof scalar.value !== "string") return;
      const text = scalar.value;
      if ((words === "text" && BOOLEAN.test(text)) || OTHERS.some((other) => other.test(text))) {
        scalar.type = Scalar.QUOTE_DOUBLE;
      }
    },
  });
  return document.toString();
}
