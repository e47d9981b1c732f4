//! Databases in MaxMind's DB format 2.0, as small as a test needs them.

use std::net::IpAddr;

use serde_json::Value;

/// Bits of the tree: IPv4 is below `::/96`.
const BITS: usize = 128;
/// Zeros between tree and data (MaxMind DB file format, "Data Section Separator").
const SEPARATOR: usize = 16;

#[derive(Clone, Copy)]
enum Record {
    Empty,
    Node(usize),
    Data(usize),
}

/// A database of this type, with what it says of each network (`192.0.2.0/24`). Objects are maps, texts are texts, and
/// numbers are of 32 bits.
///
/// # Panics
/// When a network is none, or is within another one.
pub fn mmdb(kind: &str, networks: &[(&str, Value)]) -> Vec<u8> {
    let (mut nodes, mut data) = (vec![[Record::Empty; 2]], Vec::new());
    for (network, says) in networks {
        let offset = data.len();
        encode(says, &mut data);
        insert(&mut nodes, network, offset);
    }
    let mut file = Vec::new();
    for record in nodes.iter().flatten() {
        let number = match record {
            Record::Empty => nodes.len(),
            Record::Node(node) => *node,
            Record::Data(offset) => nodes.len() + SEPARATOR + offset,
        };
        file.extend_from_slice(&u32::try_from(number).unwrap().to_be_bytes()[1..]);
    }
    file.extend_from_slice(&[0; SEPARATOR]);
    file.extend_from_slice(&data);
    file.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    metadata(kind, nodes.len(), &mut file);
    file
}

fn insert(nodes: &mut Vec<[Record; 2]>, network: &str, offset: usize) {
    let (address, length) = network.split_once('/').unwrap();
    let (address, length): (IpAddr, usize) = (address.parse().unwrap(), length.parse().unwrap());
    let (bits, length) = match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), BITS - 32 + length),
        IpAddr::V6(address) => (u128::from(address), length),
    };
    let mut node = 0;
    for depth in 0..length {
        let side = usize::from(bits >> (BITS - 1 - depth) & 1 == 1);
        if depth + 1 == length {
            assert!(matches!(nodes[node][side], Record::Empty), "{network} is within another");
            nodes[node][side] = Record::Data(offset);
            return;
        }
        node = match nodes[node][side] {
            Record::Node(next) => next,
            Record::Data(_) => panic!("{network} is within another"),
            Record::Empty => {
                nodes.push([Record::Empty; 2]);
                nodes[node][side] = Record::Node(nodes.len() - 1);
                nodes.len() - 1
            }
        };
    }
}

fn metadata(kind: &str, nodes: usize, file: &mut Vec<u8>) {
    control(7, 9, file);
    for (name, number) in [("binary_format_major_version", 2), ("binary_format_minor_version", 0)] {
        text(name, file);
        file.extend_from_slice(&[5 << 5 | 2, 0, number]);
    }
    text("build_epoch", file);
    // 64 bits are the extended type 9; 2026-06-15T12:00:00Z.
    file.extend_from_slice(&[8, 2]);
    file.extend_from_slice(&1_781_524_800_u64.to_be_bytes());
    text("database_type", file);
    text(kind, file);
    text("description", file);
    encode(&serde_json::json!({ "en": "for a test" }), file);
    for (name, number) in [("ip_version", 6), ("record_size", 24)] {
        text(name, file);
        file.extend_from_slice(&[5 << 5 | 2, 0, number]);
    }
    text("languages", file);
    // An array is the extended type 11.
    file.extend_from_slice(&[1, 4]);
    text("en", file);
    text("node_count", file);
    encode(&nodes.into(), file);
}

fn encode(value: &Value, to: &mut Vec<u8>) {
    match value {
        Value::String(string) => text(string, to),
        Value::Number(number) => {
            control(6, 4, to);
            to.extend_from_slice(&u32::try_from(number.as_u64().unwrap()).unwrap().to_be_bytes());
        }
        Value::Object(members) => {
            control(7, members.len(), to);
            for (name, member) in members {
                text(name, to);
                encode(member, to);
            }
        }
        other => panic!("{other} is nothing that a database says here"),
    }
}

fn text(text: &str, to: &mut Vec<u8>) {
    control(2, text.len(), to);
    to.extend_from_slice(text.as_bytes());
}

/// Type and size; sizes from 29 on have a byte of their own.
fn control(kind: u8, size: usize, to: &mut Vec<u8>) {
    match size {
        0..29 => to.push(kind << 5 | u8::try_from(size).unwrap()),
        _ => to.extend_from_slice(&[kind << 5 | 29, u8::try_from(size - 29).unwrap()]),
    }
}
