import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GUARD_CHAIN, GUARD_EXIT, GUARD_SCRIPT } from "../../hypervisor/firewall/guard-script";

/** Listens on the host's addresses, as a mirror, a resolver and a service of somebody's would. */
const SERVERS = `
const { createServer } = require("node:net");
const all = [["127.0.0.1", 2000], ["127.0.0.1", 3000], ["10.77.0.1", 2000], ["::1", 2000], ["127.0.0.53", 53]];
const up = all.map(([host, port]) => new Promise((done) => createServer().listen({ host, port }, done)));
Promise.all(up).then(() => console.log("ready"));
process.stdin.on("end", () => process.exit()).resume();
`;

/** Runs in namespaces of its own, so that neither the machine's packet filter nor its files are touched. */
const INSIDE = `
set -e
mount -t tmpfs tmpfs /run
ip link set lo up && ip addr add 10.77.0.1/32 dev lo
printf 'nameserver 127.0.0.53\\n' > "$work/resolv.conf"
mount --bind "$work/resolv.conf" /etc/resolv.conf
[ -z "$conf" ] || { mkdir -p /etc/libvirt; printf '%s\\n' "$conf" > "$work/qemu.conf"; mount --bind "$work/qemu.conf" /etc/libvirt/qemu.conf; }
mkfifo "$work/hold"
"$node" -e "$servers" < "$work/hold" > "$work/said" &
exec 8> "$work/hold"
server=$!
until grep -q ready "$work/said"; do kill -0 $server; sleep 0.05; done
guard() { code=0; PATH=$tools sh -c "$script" guard "$@" || code=$?; }
# Exit code of a connection that QEMU's user opens.
reach() { setpriv --reuid libvirt-qemu --clear-groups bash -c "exec 3<>/dev/$1/$2/$3" 2>/dev/null && echo "$2:$3 open" || echo "$2:$3 closed"; }
as_root() { bash -c "exec 3<>/dev/$1/$2/$3" 2>/dev/null && echo "root $2:$3 open" || echo "root $2:$3 closed"; }
eval "$steps"
exec 8>&-
`;

describe("the packet filter that keeps guests from their hypervisor", function () {
  this.timeout(60_000);
  let work: string;
  beforeEach(() => {
    work = mkdtempSync(join(tmpdir(), "guest-farm-guard-"));
    chmodSync(work, 0o755);
  });
  afterEach(() => rmSync(work, { recursive: true, force: true }));

  /** Folder with the programs of a host that has one of the two packet filters. */
  const toolsOf = (kind: "iptables" | "nft" | "none"): string => {
    const folder = join(work, "tools");
    mkdirSync(folder);
    const common = [
      "sh",
      "id",
      "sed",
      "tail",
      "cut",
      "getent",
      "mkdir",
      "flock",
      "mv",
      "rm",
      "cmp",
      "sort",
      "printf",
    ];
    const own = {
      iptables: ["iptables", "iptables-restore", "ip6tables", "ip6tables-restore"],
      nft: ["nft"],
      none: [],
    }[kind];
    for (const name of [...common, ...own]) {
      const path = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim();
      assert.notEqual(path, "", name);
      if (path.startsWith("/")) symlinkSync(path, join(folder, name));
    }
    return folder;
  };

  const play = (kind: "iptables" | "nft" | "none", steps: string, conf = ""): string[] => {
    writeFileSync(join(work, "inside"), INSIDE);
    const out = execFileSync("unshare", ["--net", "--mount", "bash", join(work, "inside")], {
      encoding: "utf8",
      env: {
        ...process.env,
        work,
        servers: SERVERS,
        script: GUARD_SCRIPT,
        steps,
        tools: toolsOf(kind),
        conf,
        node: process.execPath,
      },
      timeout: 30_000,
    });
    return out.trim().split("\n");
  };

  for (const kind of ["iptables", "nft"] as const) {
    it(`closes every address of the host, by ${kind}, but to its resolver and the ports that are allowed`, () => {
      const all =
        "reach tcp 127.0.0.1 2000; reach tcp 127.0.0.1 3000; reach tcp 10.77.0.1 2000; reach tcp ::1 2000";
      const seen = play(
        kind,
        `${all}; guard close a.one "a one" 3000; echo "code $code"; ${all}; reach tcp 127.0.0.53 53
         as_root tcp 127.0.0.1 2000; guard close a.one "a one"; reach tcp 127.0.0.1 3000`,
      );
      assert.deepEqual(seen, [
        "127.0.0.1:2000 open",
        "127.0.0.1:3000 open",
        "10.77.0.1:2000 open",
        "::1:2000 open",
        "code 0",
        "127.0.0.1:2000 closed",
        "127.0.0.1:3000 open",
        "10.77.0.1:2000 closed",
        "::1:2000 closed",
        "127.0.0.53:53 open",
        "root 127.0.0.1:2000 open",
        "127.0.0.1:3000 closed",
      ]);
    });

    it(`stays, by ${kind}, until the last guest that counts on it is gone, and then leaves nothing`, () => {
      const rules = kind === "nft" ? "nft list ruleset" : "{ iptables -S; ip6tables -S; }";
      const seen = play(
        kind,
        `guard close a.one one 3000; guard close b.two two; guard open a.one one
         reach tcp 127.0.0.1 2000; reach tcp 127.0.0.1 3000
         guard open b.two two; guard open b.two two; echo "code $code"; reach tcp 127.0.0.1 2000
         ${rules} | grep -c ${GUARD_CHAIN} || true`,
      );
      assert.deepEqual(seen, [
        "127.0.0.1:2000 closed",
        "127.0.0.1:3000 closed",
        "code 0",
        "127.0.0.1:2000 open",
        "0",
      ]);
    });

    it(`lets members of a VXVDE network on one host reach each other, by ${kind}, and not its loopback`, () => {
      const seen = play(
        kind,
        `"$node" -e '
           const { createSocket } = require("node:dgram");
           for (const address of ["127.0.0.1", "10.77.0.1"]) createSocket("udp4")
             .on("message", (text) => { console.log(address + " " + text); if (String(text) === "end") process.exit(); })
             .bind(4000, address, () => console.log("up"));' > "$work/udp" &
         until [ "$(grep -c up "$work/udp")" = 2 ]; do kill -0 $!; sleep 0.05; done
         send() { setpriv --reuid libvirt-qemu --clear-groups bash -c "printf $1 > /dev/udp/$2/4000" 2>/dev/null || true; }
         guard close a.one one; send closed 10.77.0.1; send closed 127.0.0.1
         guard close b.two two vxvde; guard keep a.one one; send member 10.77.0.1; send member 127.0.0.1
         reach tcp 10.77.0.1 2000
         guard open b.two two; send gone 10.77.0.1
         bash -c 'printf end > /dev/udp/10.77.0.1/4000'; wait $!; grep -v up "$work/udp"`,
      );
      assert.deepEqual(seen, ["10.77.0.1:2000 closed", "10.77.0.1 member", "10.77.0.1 end"]);
    });

    it(`is made whole again, by ${kind}, after somebody has flushed it`, () => {
      const flush = kind === "nft" ? "nft flush ruleset" : `iptables -F ${GUARD_CHAIN}`;
      const seen = play(
        kind,
        `guard close a.one one; ${flush}; reach tcp 127.0.0.1 2000; guard close a.one one; reach tcp 127.0.0.1 2000`,
      );
      assert.deepEqual(seen, ["127.0.0.1:2000 open", "127.0.0.1:2000 closed"]);
    });
  }

  it("lets answers to a forwarded port pass", () => {
    const seen = play(
      "iptables",
      `guard close a.one one
       setpriv --reuid libvirt-qemu --clear-groups "$node" -e '
         const server = require("node:net").createServer((socket) => { socket.pipe(socket); server.close(); });
         server.listen(2222, "127.0.0.1", () => console.log("up"))' > "$work/forward" &
       until grep -q up "$work/forward"; do kill -0 $!; sleep 0.05; done
       exec 7<>/dev/tcp/127.0.0.1/2222; echo through >&7; head -n 1 <&7`,
    );
    assert.deepEqual(seen, ["through"]);
  });

  it("is not made for root or for a user that people log in as, and says whom it found", () => {
    for (const user of ["root", "+0", "people"]) {
      rmSync(work, { recursive: true });
      mkdirSync(work, { mode: 0o755 });
      const people =
        user === "people"
          ? "cp /etc/passwd $work/passwd; echo people:x:4711:4711::/:/bin/bash >> $work/passwd; mount --bind $work/passwd /etc/passwd;"
          : "";
      const [found, code, rules] = play(
        "iptables",
        `${people} guard close a.one one; echo "code $code"; iptables -S | grep -c GUEST || true`,
        `user = "${user}"`,
      );
      assert.equal(found, user === "+0" ? "0" : user);
      assert.equal(code, `code ${GUARD_EXIT.unfitUser}`);
      assert.equal(rules, "0");
    }
  });

  it("says that it cannot be made without a tool or without root, and looking changes nothing", () => {
    assert.deepEqual(play("none", 'guard close a.one one; echo "code $code"'), [`code ${GUARD_EXIT.noTool}`]);
    rmSync(join(work, "tools"), { recursive: true });
    rmSync(join(work, "hold"));
    const seen = play(
      "iptables",
      `setpriv --reuid nobody --clear-groups sh -c "$script" guard close a.one one || echo "code $?"
       guard look "" ""; echo "code $code"; iptables -S | grep -c GUEST || true; ls -d /run/guest-farm 2>/dev/null || true`,
    );
    assert.deepEqual(seen, [`code ${GUARD_EXIT.noRights}`, "code 0", "0"]);
  });
});
