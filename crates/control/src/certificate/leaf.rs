//! What a chain says.

use jiff::Timestamp;
use kiavi_base::Hostname;
use kiavi_crypto::sha256;
use x509_parser::{extensions::GeneralName, pem::Pem, prelude::X509Certificate};

use super::issuer::IssueError;

/// The most certificates of a chain.
const MAX_CHAIN: usize = kiavi_ipc::certificate::Certificates::MAX_CHAIN;

/// The first certificate of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leaf {
    /// The name of who signed it.
    pub(crate) issued_by: String,
    /// Hexadecimal, as browsers show it.
    pub(crate) serial: String,
    /// SHA-256 of the whole, hexadecimal.
    pub(crate) fingerprint: String,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
}

/// The certificates of a chain, each DER.
///
/// # Errors
/// When it is none, or too long.
pub(crate) fn certificates(chain: &str) -> Result<Vec<Vec<u8>>, IssueError> {
    let unreadable = IssueError::Unusable("its chain cannot be read");
    let mut certificates = Vec::new();
    for part in Pem::iter_from_buffer(chain.as_bytes()) {
        match part {
            Ok(part) if part.label == "CERTIFICATE" => certificates.push(part.contents),
            _ => return Err(unreadable),
        }
    }
    if certificates.is_empty() || certificates.len() > MAX_CHAIN { Err(unreadable) } else { Ok(certificates) }
}

/// When a certificate ends (RFC 5280 §4.1.2.5); `None` when the bytes are no certificate (DER).
pub fn not_after(certificate: &[u8]) -> Option<Timestamp> {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
    Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()
}

/// What a chain is made of.
pub(crate) struct Contents {
    /// Each DER.
    pub(crate) chain: Vec<Vec<u8>>,
    /// The names that it is for.
    pub(crate) names: Vec<String>,
    /// The [`fingerprint`] of its public key (SubjectPublicKeyInfo).
    pub(crate) public_key: String,
    pub(crate) leaf: Leaf,
}

impl Contents {
    /// Whether the name is among its own.
    pub(crate) fn is_for(&self, hostname: &Hostname) -> bool {
        self.names.iter().any(|name| name.eq_ignore_ascii_case(hostname.as_str()))
    }
}

/// Reads a chain, whatever it was made for.
///
/// # Errors
/// When it is none.
pub(crate) fn contents(chain: &str) -> Result<Contents, IssueError> {
    let chain = certificates(chain)?;
    let first = chain.first().map(Vec::as_slice).unwrap_or_default();
    let unreadable = |_| IssueError::Unusable("it cannot be read");
    let (_, certificate) = x509_parser::parse_x509_certificate(first).map_err(unreadable)?;
    let (names, leaf) = (names(&certificate), read(&certificate, first)?);
    let public_key = fingerprint(certificate.public_key().raw);
    Ok(Contents { names, public_key, leaf, chain })
}

/// SHA-256 of a certificate or of a public key, hexadecimal.
pub(crate) fn fingerprint(der: &[u8]) -> String {
    hex(&sha256(der))
}

/// Reads a chain that was made for a name and a key (SubjectPublicKeyInfo, DER).
///
/// # Errors
/// [`IssueError::Unusable`] when it is for another name or key, or not good at this time.
pub(crate) fn check(
    chain: &str,
    hostname: &Hostname,
    public_key: &[u8],
    now: Timestamp,
) -> Result<Contents, IssueError> {
    let contents = contents(chain)?;
    if contents.public_key != fingerprint(public_key) {
        return Err(IssueError::Unusable("it is for another key"));
    }
    if !contents.is_for(hostname) {
        return Err(IssueError::Unusable("it is for another name"));
    }
    if contents.leaf.not_after <= now {
        return Err(IssueError::Unusable("it has ended"));
    }
    Ok(contents)
}

fn read(certificate: &X509Certificate<'_>, der: &[u8]) -> Result<Leaf, IssueError> {
    let time = |time: x509_parser::time::ASN1Time| {
        Timestamp::from_second(time.timestamp()).map_err(|_| IssueError::Unusable("it has no time"))
    };
    let issuer = certificate.issuer();
    let name = issuer.iter_common_name().chain(issuer.iter_organization()).next();
    let name = name.and_then(|part| part.as_str().ok()).unwrap_or("?");
    Ok(Leaf {
        // Somebody else's words.
        issued_by: name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect(),
        serial: hex(certificate.raw_serial()),
        fingerprint: fingerprint(der),
        not_before: time(certificate.validity().not_before)?,
        not_after: time(certificate.validity().not_after)?,
    })
}

/// The most of an issuer's name that is kept, in characters.
const MAX_NAME: usize = 120;

/// Its subject alternative names (RFC 9525 §6.3: no other place counts).
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.iter().flat_map(|names| &names.value.general_names);
    names
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        })
        .collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, KeyPair, PublicKeyData};

    use super::*;

    fn made(name: &str, key: &KeyPair) -> String {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.not_before, params.not_after) =
            (rcgen::date_time_ymd(2026, 1, 1), rcgen::date_time_ymd(2026, 4, 1));
        params.self_signed(key).unwrap().pem()
    }

    #[test]
    fn a_chain_is_taken_for_its_name_its_key_and_its_time_only() {
        let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let chain = made("auth.example.com", &key);
        let (name, spki) = ("auth.example.com".parse().unwrap(), key.subject_public_key_info());
        let now = "2026-02-01T00:00:00Z".parse().unwrap();
        let contents = check(&chain, &name, &spki, now).unwrap();
        assert_eq!(contents.names, ["auth.example.com"]);
        let leaf = contents.leaf;
        assert_eq!(leaf.not_after.to_string(), "2026-04-01T00:00:00Z");
        assert_eq!((leaf.fingerprint.len(), leaf.issued_by.as_str()), (64, "rcgen self signed cert"));
        let why = |chain: &str, name: &str, spki: &[u8], now: &str| match check(
            chain,
            &name.parse().unwrap(),
            spki,
            now.parse().unwrap(),
        ) {
            Err(IssueError::Unusable(why)) => why,
            Err(other) => panic!("{other:?}"),
            Ok(contents) => panic!("{:?}", contents.leaf),
        };
        let today = "2026-02-01T00:00:00Z";
        assert_eq!(why(&chain, "www.example.com", &spki, today), "it is for another name");
        let theirs = other.subject_public_key_info();
        assert_eq!(why(&chain, "auth.example.com", &theirs, today), "it is for another key");
        assert_eq!(why(&chain, "auth.example.com", &spki, "2026-04-01T00:00:00Z"), "it has ended");
        assert_eq!(why(&key.serialize_pem(), "auth.example.com", &spki, today), "its chain cannot be read");
        assert_eq!(why(&chain.repeat(9), "auth.example.com", &spki, today), "its chain cannot be read");
    }

    proptest! {
        #[test]
        fn no_text_panics(text: String, at: prop::sample::Index, byte: u8) {
            let key = KeyPair::generate().unwrap();
            let (name, spki) = ("auth.example.com".parse().unwrap(), key.subject_public_key_info());
            let now = "2026-02-01T00:00:00Z".parse().unwrap();
            prop_assert!(check(&text, &name, &spki, now).is_err());
            let mut changed = made("auth.example.com", &key).into_bytes();
            let at = at.index(changed.len());
            changed[at] = byte;
            let _ = check(&String::from_utf8_lossy(&changed), &name, &spki, now);
        }
    }
}
