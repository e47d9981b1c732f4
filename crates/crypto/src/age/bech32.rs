//! Bech32 (BIP 173), as age writes keys: without the limit of 90 characters.

const SYMBOLS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const CHECKSUM: usize = 6;

/// `data` under the prefix `hrp`, in lower case.
pub(super) fn encode(hrp: &str, data: &[u8]) -> String {
    let mut values = regroup(data.iter().copied(), 8, 5, true).unwrap_or_default();
    let mut checked = expanded(hrp);
    checked.extend(&values);
    checked.extend([0; CHECKSUM]);
    let sum = polymod(&checked) ^ 1;
    values.extend((0..CHECKSUM).map(|index| (sum >> (5 * (5 - index)) & 31) as u8));
    let symbols = values.iter().map(|value| char::from(SYMBOLS[usize::from(*value)]));
    format!("{hrp}1{}", symbols.collect::<String>())
}

/// The data of `text`, which has this prefix and is in one case throughout.
pub(super) fn decode(hrp: &str, text: &str) -> Option<Vec<u8>> {
    let lower = text.to_ascii_lowercase();
    if text != lower && text != text.to_ascii_uppercase() {
        return None;
    }
    let symbols = lower.strip_prefix(hrp)?.strip_prefix('1')?;
    let value = |symbol: u8| SYMBOLS.iter().position(|known| *known == symbol).map(|at| at as u8);
    let values: Vec<u8> = symbols.bytes().map(value).collect::<Option<_>>()?;
    let mut checked = expanded(hrp);
    checked.extend(&values);
    if polymod(&checked) != 1 {
        return None;
    }
    let (data, _) = values.split_at_checked(values.len().checked_sub(CHECKSUM)?)?;
    regroup(data.iter().copied(), 5, 8, false)
}

fn expanded(hrp: &str) -> Vec<u8> {
    let high = hrp.bytes().map(|byte| byte >> 5);
    high.chain([0]).chain(hrp.bytes().map(|byte| byte & 31)).collect()
}

fn polymod(values: &[u8]) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    values.iter().fold(1, |sum: u32, value| {
        let top = sum >> 25;
        let next = (sum & 0x01ff_ffff) << 5 ^ u32::from(*value);
        GENERATOR.iter().enumerate().fold(next, |next, (bit, part)| match top >> bit & 1 {
            1 => next ^ part,
            _ => next,
        })
    })
}

/// Groups of `from` bits as groups of `to` bits. What is left over is padded with zeros, or must be such padding.
fn regroup(groups: impl Iterator<Item = u8>, from: u32, to: u32, is_padded: bool) -> Option<Vec<u8>> {
    let (mut held, mut bits, mut out) = (0u32, 0, Vec::new());
    for group in groups {
        held = held << from | u32::from(group);
        bits += from;
        while bits >= to {
            bits -= to;
            out.push((held >> bits & ((1 << to) - 1)) as u8);
        }
        held &= (1 << bits) - 1;
    }
    match is_padded {
        true if bits > 0 => out.push((held << (to - bits)) as u8),
        false if bits >= from || held != 0 => return None,
        _ => {}
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_texts_are_read() {
        // BIP 173, "Test vectors".
        assert_eq!(decode("a", "A12UEL5L"), Some(Vec::new()));
        let all = "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw";
        assert_eq!(encode("abcdef", &decode("abcdef", all).unwrap()), all);
        for wrong in ["a12uel5m", "A12uEL5L", "1nwldj5", "a12uel5", "b12uel5l", "a1", ""] {
            assert_eq!(decode("a", wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_a_slip_is_noticed(data: [u8; 32], at in 4usize..60, symbol in 0usize..32) {
            let text = encode("age", &data);
            prop_assert_eq!(decode("age", &text), Some(data.to_vec()));
            prop_assert_eq!(decode("age", &text.to_uppercase()), Some(data.to_vec()));
            let mut slipped = text.clone().into_bytes();
            slipped[at] = SYMBOLS[symbol];
            let slipped = String::from_utf8(slipped).unwrap();
            prop_assert!(slipped == text || decode("age", &slipped).is_none());
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,80}") {
            let _ = decode("age", &text);
        }
    }
}
