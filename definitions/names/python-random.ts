import { createHash } from "node:crypto";

const N = 624;
const M = 397;

/**
 * CPython's `random.Random(text)`: the Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998), seeded from a string
 * the way that Python 3 does (seed version 2). Only for names that have to agree with what Ansible's filters make.
 */
export class PythonRandom {
  private readonly state = new Uint32Array(N);
  private index = N;

  constructor(seed: string) {
    const text = Buffer.from(seed, "utf8");
    this.seedByArray(wordsOf(Buffer.concat([text, createHash("sha512").update(text).digest()])));
  }

  /** `randrange(start, stop)`: start <= result < stop. */
  randrange(start: number, stop: number): number {
    return Number(this.randbelow(BigInt(stop - start))) + start;
  }

  /** `randint(low, high)`: low <= result <= high. */
  randint(low: bigint, high: bigint): bigint {
    return low + this.randbelow(high - low + 1n);
  }

  private randbelow(n: bigint): bigint {
    const bits = n.toString(2).length;
    let value = this.getrandbits(bits);
    while (value >= n) value = this.getrandbits(bits);
    return value;
  }

  private getrandbits(bits: number): bigint {
    let value = 0n;
    for (let taken = 0; taken < bits; taken += 32) {
      const left = bits - taken;
      const word = left >= 32 ? this.next() : this.next() >>> (32 - left);
      value |= BigInt(word) << BigInt(taken);
    }
    return value;
  }

  private next(): number {
    if (this.index >= N) this.twist();
    let y = this.at(this.index++);
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  private twist(): void {
    for (let i = 0; i < N; i++) {
      const y = (this.at(i) & 0x80000000) | (this.at((i + 1) % N) & 0x7fffffff);
      this.state[i] = this.at((i + M) % N) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.index = 0;
  }

  private seedByArray(key: readonly number[]): void {
    this.state[0] = 19650218;
    for (let i = 1; i < N; i++) this.state[i] = Math.imul(1812433253, this.mixed(i)) + i;
    let i = 1;
    let j = 0;
    for (let k = Math.max(N, key.length); k > 0; k--) {
      this.state[i] = (this.at(i) ^ Math.imul(this.mixed(i), 1664525)) + (key[j] ?? 0) + j;
      i = this.advance(i);
      j = (j + 1) % key.length;
    }
    for (let k = N - 1; k > 0; k--) {
      this.state[i] = (this.at(i) ^ Math.imul(this.mixed(i), 1566083941)) - i;
      i = this.advance(i);
    }
    this.state[0] = 0x80000000;
  }

  private mixed(i: number): number {
    const before = this.at(i - 1);
    return before ^ (before >>> 30);
  }

  private advance(i: number): number {
    if (i + 1 < N) return i + 1;
    this.state[0] = this.at(N - 1);
    return 1;
  }

  private at(i: number): number {
    return this.state[i] ?? 0;
  }
}

/** A big-endian number as 32-bit words, the lowest first, without leading zero words. */
function wordsOf(bytes: Buffer): number[] {
  const words: number[] = [];
  for (let end = bytes.length; end > 0; end -= 4) {
    let word = 0;
    for (const byte of bytes.subarray(Math.max(0, end - 4), end)) word = word * 256 + byte;
    words.push(word);
  }
  while (words.length > 1 && words.at(-1) === 0) words.pop();
  return words;
}
