/** An address as the farm file has it, `10.0.0.21/24` or `10.0.0.21`, without its prefix length. */
export function withoutPrefix(address: string): string {
  const [plain = address] = address.split("/");
  return plain;
}
