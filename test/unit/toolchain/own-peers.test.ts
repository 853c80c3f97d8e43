import assert from "node:assert/strict";

// eslint-disable-next-line @typescript-eslint/no-require-imports -- plain JavaScript of the toolchain
const { ownerOfPeer, tableForm } = require("../../../toolchain/plugin-kit/own-peers.cjs") as {
  ownerOfPeer: (socket: Ends, read: (table: string) => string) => number | null | undefined;
  tableForm: (address: string, port: number) => string;
};
interface Ends {
  remoteAddress?: string;
  remotePort?: number;
  localAddress?: string;
  localPort?: number;
}

/** As Linux on a little-endian machine writes them. */
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0FA0 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 101 1 0 100 0 0 10 0
   1: 0100007F:C350 0100007F:0FA0 01 00000000:00000000 00:00000000 00000000 64055        0 102 1 0 20 4 30 10 -1
   2: 0100007F:0FA0 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 103 1 0 20 4 30 10 -1
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0000000000000000FFFF00000100007F:C351 0000000000000000FFFF00000100007F:0FA0 01 00000000:00000000 00:00000000 00000000  1000        0 104 1 0 20 4 30 10 -1
   1: 00000000000000000000000001000000:C352 00000000000000000000000001000000:0FA0 01 00000000:00000000 00:00000000 00000000  1001        0 105 1 0 20 4 30 10 -1
`;

describe("the user at the other end of a connection", () => {
  const read = (table: string) => (table === "tcp" ? TCP : TCP6);
  const from = (remotePort: number, address = "127.0.0.1") => ({
    remoteAddress: address,
    remotePort,
    localAddress: address,
    localPort: 4000,
  });

  it("is the one that the kernel's table names for that end, and not for ours", () => {
    assert.equal(ownerOfPeer(from(50_000), read), 64_055);
  });

  it("is found for IPv6, and for IPv4 within it", () => {
    assert.equal(ownerOfPeer(from(50_001), read), 1000);
    assert.equal(ownerOfPeer(from(50_002, "::1"), read), 1001);
    assert.equal(tableForm("::ffff:127.0.0.1", 4000), tableForm("127.0.0.1", 4000));
  });

  it("is nobody for a connection that is not in the table, or has gone", () => {
    assert.equal(ownerOfPeer(from(50_009), read), null);
    assert.equal(ownerOfPeer({}, read), null);
  });

  it("is not known where the kernel has no such table", () => {
    const none = () => {
      throw new Error("no such file");
    };
    assert.equal(ownerOfPeer(from(50_000), none), undefined);
  });
});
