/** 32-bit hash of a name: FNV-1a, then murmur3's finalizer to spread it over all bits. */
export function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(name, "utf8")) hash = Math.imul(hash ^ byte, 0x01000193);
  return finalize(hash);
}

function finalize(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Distance of a guest from a host in weighted rendezvous hashing: the host with the least distance is the guest's
 * first choice, and of many guests a host is the first choice of a share proportional to its weight. It depends on
 * the two names and the weight alone, so it is the same on every machine.
 */
export function distance(guestHash: number, hostHash: number, weight: number): number {
  const mixed = finalize(Math.imul(guestHash, 0x9e3779b1) ^ hostHash);
  return -Math.log((mixed + 0.5) / 0x100000000) / weight;
}
