/** A TCP port that somebody listens on. */
export interface Listener {
  readonly address: string;
  readonly port: number;
  /** `name (pid 123)`; undefined: not to be seen by this user. */
  readonly program: string | undefined;
}

/** Reads `ss -Hltnp`: `LISTEN 0 128 127.0.0.1:2201 0.0.0.0:* users:(("sshd",pid=7,fd=3))`. */
export function readListeners(text: string): readonly Listener[] {
  return text.split("\n").flatMap((line) => {
    const [, , , local = ""] = line.trim().split(/\s+/);
    const [, address, port] = /^(.*):(\d+)$/.exec(local) ?? [];
    if (address === undefined || port === undefined) return [];
    const [, name, pid] = /users:\(\("([^"]*)",pid=(\d+)/.exec(line) ?? [];
    const program = name === undefined ? undefined : `${name} (pid ${pid ?? "?"})`;
    return [
      { address: address.replace(/^\[(.*)\]$/, "$1").replace(/%.*$/, ""), port: Number(port), program },
    ];
  });
}
