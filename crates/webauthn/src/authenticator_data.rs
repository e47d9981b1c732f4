//! Authenticator data (WebAuthn L3 §6.1).

use crate::{CeremonyError, cbor::Value};

const UP: u8 = 1 << 0;
const UV: u8 = 1 << 2;
const BE: u8 = 1 << 3;
const BS: u8 = 1 << 4;
const AT: u8 = 1 << 6;
const ED: u8 = 1 << 7;

/// What the authenticator says about one ceremony.
#[derive(Debug, PartialEq)]
pub(crate) struct AuthenticatorData<'b> {
    pub(crate) rp_id_hash: [u8; 32],
    pub(crate) user_present: bool,
    pub(crate) user_verified: bool,
    pub(crate) backup_eligible: bool,
    pub(crate) backed_up: bool,
    pub(crate) sign_count: u32,
    pub(crate) attested: Option<AttestedCredential<'b>>,
}

/// Attested credential data (WebAuthn L3 §6.5.1).
#[derive(Debug, PartialEq)]
pub(crate) struct AttestedCredential<'b> {
    pub(crate) aaguid: [u8; 16],
    pub(crate) credential_id: &'b [u8],
    /// The key's encoding, byte for byte.
    pub(crate) public_key: &'b [u8],
}

impl<'b> AuthenticatorData<'b> {
    /// Reads the whole of `input`: the flags decide which parts are there, and nothing may follow them.
    pub(crate) fn parse(input: &'b [u8]) -> Result<Self, CeremonyError> {
        read(input).ok_or(CeremonyError::Malformed("authenticator data"))
    }
}

fn read(input: &[u8]) -> Option<AuthenticatorData<'_>> {
    let (rp_id_hash, rest) = input.split_first_chunk::<32>()?;
    let (&[flags], rest) = rest.split_first_chunk::<1>()?;
    let (sign_count, rest) = rest.split_first_chunk::<4>()?;

    let (attested, rest) = if flags & AT != 0 {
        let (attested, rest) = read_attested(rest)?;
        (Some(attested), rest)
    } else {
        (None, rest)
    };
    // Extension outputs are one CBOR map; no extension is asked for that answers here, so none is used
    // (WebAuthn L3 §7.1 step 28, §7.2 step 23).
    let rest = if flags & ED != 0 {
        let (extensions, rest) = Value::parse_prefix(rest).ok()?;
        extensions.entries()?;
        rest
    } else {
        rest
    };
    rest.is_empty().then(|| AuthenticatorData {
        rp_id_hash: *rp_id_hash,
        user_present: flags & UP != 0,
        user_verified: flags & UV != 0,
        backup_eligible: flags & BE != 0,
        backed_up: flags & BS != 0,
        sign_count: u32::from_be_bytes(*sign_count),
        attested,
    })
}

fn read_attested(input: &[u8]) -> Option<(AttestedCredential<'_>, &[u8])> {
    let (aaguid, rest) = input.split_first_chunk::<16>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (credential_id, key_onwards) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    let (_, rest) = Value::parse_prefix(key_onwards).ok()?;
    let public_key = key_onwards.get(..key_onwards.len() - rest.len())?;
    Some((AttestedCredential { aaguid: *aaguid, credential_id, public_key }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EMPTY_MAP: u8 = 0xa0;

    fn header(flags: u8, count: u32) -> Vec<u8> {
        [&[7; 32][..], &[flags], &count.to_be_bytes()].concat()
    }

    #[test]
    fn the_flags_decide_what_follows() {
        let plain = header(UP | UV, 5);
        let parsed = AuthenticatorData::parse(&plain).unwrap();
        assert!(
            parsed.user_present
                && parsed.user_verified
                && !parsed.backup_eligible
                && parsed.attested.is_none()
        );
        assert_eq!(parsed.sign_count, 5);

        let extended = [header(UP | ED, 0), vec![EMPTY_MAP]].concat();
        assert!(AuthenticatorData::parse(&extended).is_ok());
        for (what, bytes) in [
            ("a byte after the data", [header(UP, 0), vec![0]].concat()),
            ("extensions without their flag", [header(UP, 0), vec![EMPTY_MAP]].concat()),
            ("the flag without extensions", header(UP | ED, 0)),
            ("extensions that are no map", [header(UP | ED, 0), vec![0x01]].concat()),
            ("the flag without a credential", header(UP | AT, 0)),
            ("a byte after the extensions", [header(UP | ED, 0), vec![EMPTY_MAP, 0]].concat()),
            ("an end within the counter", header(UP, 0)[..36].to_vec()),
        ] {
            assert!(AuthenticatorData::parse(&bytes).is_err(), "{what}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(input in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = AuthenticatorData::parse(&input);
        }

        #[test]
        fn what_is_written_is_read(
            flags in any::<u8>(),
            count in any::<u32>(),
            id in prop::collection::vec(any::<u8>(), 0..100),
        ) {
            let mut bytes = header(flags, count);
            if flags & AT != 0 {
                bytes.extend([9; 16]);
                bytes.extend(u16::try_from(id.len()).unwrap().to_be_bytes());
                bytes.extend(&id);
                bytes.push(EMPTY_MAP);
            }
            if flags & ED != 0 {
                bytes.push(EMPTY_MAP);
            }
            let parsed = AuthenticatorData::parse(&bytes).unwrap();
            prop_assert_eq!(parsed.sign_count, count);
            prop_assert_eq!(parsed.backed_up, flags & BS != 0);
            prop_assert_eq!(parsed.attested.map(|a| a.credential_id.to_vec()), (flags & AT != 0).then_some(id));
        }
    }
}
