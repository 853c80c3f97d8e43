/** What a template of a network can name as `{{name}}`. */
export const NETWORK_PLACEHOLDERS = ["name", "uuid", "metadata", "bridge", "reservations"] as const;
export type NetworkPlaceholder = (typeof NETWORK_PLACEHOLDERS)[number];

/** Without these the network could not be found again. */
export const REQUIRED_NETWORK_PLACEHOLDERS = [
  "name",
  "uuid",
  "metadata",
] as const satisfies NetworkPlaceholder[];

export function isNetworkPlaceholder(name: string): name is NetworkPlaceholder {
  return NETWORK_PLACEHOLDERS.some((each) => each === name);
}
