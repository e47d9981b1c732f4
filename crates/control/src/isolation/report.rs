//! The report on a tenant's isolation, and its signature.
//!
//! It is signed as JSON in the order of its members here, without white space, so whoever has the file alone can verify it: the
//! key is the instance's, and for whoever reads to know.

use base64::{Engine, prelude::BASE64_STANDARD};
use kiavi_crypto::{Ed25519SigningKey, VerifyingKey, sha256};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What reports of this form begin with.
pub const FORMAT: &str = "kiavi-isolation-report/1";

/// Before the bytes that are signed, so that no signature over anything else is one of a report.
const CONTEXT: &[u8] = b"kiavi-isolation-report/1\n";

/// What was found of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = IsolationOutcome)]
pub enum Verdict {
    /// It holds.
    Held,
    /// It does not: the evidence says what.
    Broken,
    /// There is nothing to hold here: the evidence says why.
    NotApplicable,
    /// It could not be found out: the evidence says why.
    Unknown,
}

impl Verdict {
    /// Its text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Broken => "broken",
            Self::NotApplicable => "not_applicable",
            Self::Unknown => "unknown",
        }
    }

    /// The worse of two: what is broken counts more than what is not known, and that more than what holds.
    pub(crate) fn worse(self, other: Self) -> Self {
        let rank = |verdict| match verdict {
            Self::Broken => 3,
            Self::Unknown => 2,
            Self::Held => 1,
            Self::NotApplicable => 0,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

/// One thing that was tried or looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IsolationCheck)]
pub struct Check {
    /// Its stable name.
    #[schema(example = "layer.landlock")]
    pub id: String,
    /// What holds if it does, in a sentence.
    pub title: String,
    /// What was found.
    pub outcome: Verdict,
    /// By what that is known, the worst first.
    pub evidence: Vec<String>,
}

/// What was found of a tenant's isolation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IsolationReport)]
pub struct Report {
    /// The form of this document.
    #[schema(example = "kiavi-isolation-report/1")]
    pub format: String,
    /// Names the report; also the event in both logs that tells of it.
    pub id: String,
    /// The tenant's id.
    pub tenant: String,
    /// The tenant's name then.
    pub slug: String,
    /// The domain of the instance.
    pub instance: String,
    /// The version of the program.
    pub version: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who asked for it, as logs call them.
    pub asked_by: String,
    /// The worst of all checks.
    pub outcome: Verdict,
    /// Everything that was tried and looked at.
    pub checks: Vec<Check>,
}

/// A report with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignedIsolationReport)]
pub struct SignedReport {
    /// What was found.
    pub report: Report,
    /// SHA-256 of the report as it is signed, which the events in both logs have: `sha256:` and hexadecimal digits.
    pub digest: String,
    /// The instance's public key for reports (Ed25519, RFC 8032), in base64.
    pub key: String,
    /// The signature (RFC 8032 §5.1.6), in base64.
    pub signature: String,
}

/// Why a report is not to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// It is of another form.
    #[error("it is no report of this form")]
    Format,
    /// The report was changed, or the digest was.
    #[error("the digest is not that of the report")]
    Digest,
    /// The key is none, or not the one that is known.
    #[error("it is not signed by the key that is known")]
    Key,
    /// The signature is not the key's.
    #[error("the signature does not fit the report and the key")]
    Signature,
}

impl SignedReport {
    pub(crate) fn sign(report: Report, key: &Ed25519SigningKey) -> Self {
        let bytes = report.signed_bytes();
        let signature = BASE64_STANDARD.encode(key.sign(&bytes));
        let key = BASE64_STANDARD.encode(key.public_key());
        Self { digest: digest(&bytes), report, key, signature }
    }

    /// Whether the report is what was signed, by the key that it names and, if one is known, by that.
    ///
    /// # Errors
    /// See [`Unverified`].
    pub fn verify(&self, known: Option<&str>) -> Result<(), Unverified> {
        if self.report.format != FORMAT {
            return Err(Unverified::Format);
        }
        let bytes = self.report.signed_bytes();
        if digest(&bytes) != self.digest {
            return Err(Unverified::Digest);
        }
        if known.is_some_and(|known| known != self.key) {
            return Err(Unverified::Key);
        }
        let decode = |text: &str| BASE64_STANDARD.decode(text);
        let key = decode(&self.key).map_err(|_| Unverified::Key)?;
        let key = VerifyingKey::ed25519(&key).map_err(|_| Unverified::Key)?;
        let signature = decode(&self.signature).map_err(|_| Unverified::Signature)?;
        key.verify(&bytes, &signature).map_err(|_| Unverified::Signature)
    }
}

impl Report {
    fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = CONTEXT.to_vec();
        // Texts and lists of them: there is nothing that JSON could not hold.
        bytes.extend(serde_json::to_vec(self).unwrap_or_default());
        bytes
    }
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&sha256(bytes)))
}

/// Bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed() -> SignedReport {
        let check = Check {
            id: "layer.landlock".into(),
            title: "…".into(),
            outcome: Verdict::Held,
            evidence: vec!["active".into()],
        };
        let report = Report {
            format: FORMAT.into(),
            id: "1".into(),
            tenant: "t1".into(),
            slug: "shop".into(),
            instance: "example.com".into(),
            version: "0".into(),
            at: "2026-01-01T00:00:00.000Z".into(),
            asked_by: "control".into(),
            outcome: Verdict::Held,
            checks: vec![check],
        };
        SignedReport::sign(report, &Ed25519SigningKey::from_seed(&[7; 32]))
    }

    #[test]
    fn a_report_is_verified_whatever_way_its_json_took() {
        let signed = signed();
        assert_eq!(signed.verify(Some(&signed.key)), Ok(()));
        // Members in another order, white space, a passage through a database.
        let value: serde_json::Value = serde_json::to_value(&signed).unwrap();
        let read: SignedReport =
            serde_json::from_str(&serde_json::to_string_pretty(&value).unwrap()).unwrap();
        assert_eq!(read.verify(None), Ok(()));
    }

    #[test]
    fn nothing_of_a_report_can_be_changed() {
        let mut broken = signed();
        broken.report.checks[0].outcome = Verdict::Broken;
        assert_eq!(broken.verify(None), Err(Unverified::Digest));
        broken.digest = digest(&broken.report.signed_bytes());
        assert_eq!(broken.verify(None), Err(Unverified::Signature));
        let other = SignedReport::sign(signed().report, &Ed25519SigningKey::from_seed(&[8; 32]));
        assert_eq!((other.verify(None), other.verify(Some(&signed().key))), (Ok(()), Err(Unverified::Key)));
        let mut form = signed();
        form.report.format = "another".into();
        assert_eq!(form.verify(None), Err(Unverified::Format));
    }

    #[test]
    fn the_worst_counts() {
        use Verdict as V;
        let of = |all: &[V]| all.iter().fold(V::NotApplicable, |worst, one| worst.worse(*one));
        assert_eq!(of(&[V::Held, V::NotApplicable]), V::Held);
        assert_eq!(of(&[V::Held, V::Unknown, V::Held]), V::Unknown);
        assert_eq!(of(&[V::Broken, V::Unknown]), V::Broken);
    }
}
