"use strict";

// Plugins listen on loopback without asking who connects, as Pulumi's protocol has it: any user of the machine, and any
// guest whose connections its hypervisor makes, could have them run commands. Here the kernel's table of connections
// says whose the other end is.

const { readFileSync } = require("node:fs");
const net = require("node:net");

/** Column of the owner in the kernel's tables, and those of both ends. */
const COLUMN = { local: 1, remote: 2, uid: 7 };

/**
 * An address as the kernel's tables write it: groups of four bytes, each in the byte order of the machine.
 *
 * @param {string} address IPv4, IPv6, or IPv4 within IPv6
 * @param {number} port
 */
function tableForm(address, port) {
  const bytes = address.includes(".")
    ? (address.split(":").at(-1) ?? "").split(".").map(Number)
    : ipv6Bytes(address);
  const words = [];
  for (let at = 0; at < bytes.length; at += 4) {
    const word = bytes.slice(at, at + 4);
    words.push(Buffer.from(isLittleEndian ? word.reverse() : word).toString("hex"));
  }
  return `${words.join("")}:${port.toString(16).padStart(4, "0")}`.toUpperCase();
}

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** @param {string} address */
function ipv6Bytes(address) {
  const [head = "", tail] = address.split("::");
  const groups = (/** @type {string} */ text) => (text === "" ? [] : text.split(":"));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = Array(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

/**
 * The user whose the other end of a connection within this machine is.
 *
 * @param {{ remoteAddress?: string, remotePort?: number, localAddress?: string, localPort?: number }} socket
 * @param {(table: string) => string} read
 * @returns {number | null | undefined} null: there is no such connection; undefined: the kernel has no such tables
 */
function ownerOfPeer({ remoteAddress, remotePort, localAddress, localPort }, read = readTable) {
  if (!remoteAddress || !localAddress || remotePort === undefined || localPort === undefined) return null;
  const theirs = tableForm(remoteAddress, remotePort);
  const ours = tableForm(localAddress, localPort);
  let known = false;
  for (const table of remoteAddress.includes(".") ? ["tcp", "tcp6"] : ["tcp6"]) {
    let text;
    try {
      text = read(table);
    } catch {
      continue;
    }
    known = true;
    for (const line of text.split("\n")) {
      const columns = line.trim().split(/\s+/);
      // An IPv4 address within IPv6 ends like the plain one.
      if (columns[COLUMN.local]?.endsWith(theirs) && columns[COLUMN.remote]?.endsWith(ours))
        return Number(columns[COLUMN.uid]);
    }
  }
  return known ? null : undefined;
}

/** @param {string} table */
function readTable(table) {
  return readFileSync(`/proc/net/${table}`, "latin1");
}

/**
 * Has every server of this process close connections of other users at once; root may do all anyway. To be called before
 * a server listens.
 */
function refuseForeignPeers() {
  const own = process.getuid?.();
  if (own === undefined || process.platform !== "linux") return;
  const server = /** @type {any} */ (net.Server.prototype);
  const emit = server.emit;
  /** @param {string} event @param {any[]} args */
  server.emit = function (event, ...args) {
    if (event !== "connection") return emit.call(this, event, ...args);
    const [socket] = args;
    const uid = socket.remoteAddress === undefined ? null : ownerOfPeer(socket);
    if (uid === undefined || uid === own || uid === 0) return emit.call(this, event, ...args);
    socket.destroy();
    return true;
  };
}

module.exports = { ownerOfPeer, refuseForeignPeers, tableForm };
