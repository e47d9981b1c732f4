// Databases in MaxMind's DB format 2.0, as small as a test needs them: IPv4 only, records of 24 bits.

/** Zeros between tree and data. */
const SEPARATOR = 16;
const IPV4_DEPTH = 96;

/** A database of this type: what it says of each network, by `127.0.0.0/8`. Texts, numbers of 32 bits and objects. */
export function mmdb(type, networks, { builtAt = new Date() } = {}) {
  const nodes = [[undefined, undefined]];
  const data = [];
  let length = 0;
  for (const [network, says] of Object.entries(networks)) {
    insert(nodes, network, length);
    const bytes = encoded(says);
    data.push(bytes);
    length += bytes.length;
  }
  const tree = Buffer.alloc(nodes.length * 6);
  nodes.flat().forEach((record, at) => {
    const number =
      record === undefined ? nodes.length : (record.node ?? nodes.length + SEPARATOR + record.offset);
    tree.writeUIntBE(number, at * 3, 3);
  });
  const about = {
    binary_format_major_version: uint(5, 2, 2),
    binary_format_minor_version: uint(5, 2, 0),
    build_epoch: Buffer.concat([Buffer.from([8, 2]), bigEndian(8, Math.floor(builtAt / 1000))]),
    database_type: type,
    description: { en: 'for a test' },
    ip_version: uint(5, 2, 6),
    languages: Buffer.from([0, 4]),
    node_count: nodes.length,
    record_size: uint(5, 2, 24),
  };
  const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
  return Buffer.concat([tree, Buffer.alloc(SEPARATOR), ...data, marker, encoded(about)]);
}

function insert(nodes, network, offset) {
  const [address, prefix] = network.split('/');
  const bits = address.split('.').map((part) => Number(part).toString(2).padStart(8, '0')).join('');
  const path = [...'0'.repeat(IPV4_DEPTH), ...bits.slice(0, Number(prefix))].map(Number);
  let node = 0;
  for (const side of path.slice(0, -1)) {
    nodes[node][side] ??= { node: nodes.push([undefined, undefined]) - 1 };
    node = nodes[node][side].node;
  }
  nodes[node][path.at(-1)] = { offset };
}

function encoded(value) {
  if (Buffer.isBuffer(value)) return value;
  if (typeof value === 'number') return uint(6, 4, value);
  if (typeof value === 'string') return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  const members = Object.entries(value);
  return Buffer.concat([control(7, members.length), ...members.flat().map(encoded)]);
}

function uint(type, size, value) {
  return Buffer.concat([control(type, size), bigEndian(size, value)]);
}

function control(type, size) {
  return size < 29 ? Buffer.from([(type << 5) | size]) : Buffer.from([(type << 5) | 29, size - 29]);
}

function bigEndian(size, value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes.subarray(8 - size);
}
