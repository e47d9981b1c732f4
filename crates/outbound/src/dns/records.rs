//! What records about a domain's mail say: SPF (RFC 7208), DMARC (RFC 7489) and keys of DKIM (RFC 6376).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kiavi_ipc::mail_record::{
    DkimKey, DkimKind, DkimState, Dmarc, DmarcPolicy, DnsName, MAX_INCLUDES, Spf, SpfOthers,
};
use kiavi_ipc::proof::{Answer, MAX_PROOFS, Wanted};

/// Bytes of a modulus of 2048 bits. An RSA key whose whole encoding is shorter has a shorter one.
const RSA_2048: usize = 256;
/// Bytes of an Ed25519 key (RFC 8463 §4.2).
const ED25519: usize = 32;

/// What the texts at a name say that was asked for because of `wanted`.
pub(super) fn read(wanted: &Wanted, texts: &[Vec<u8>]) -> Answer {
    let words: Vec<&str> = texts.iter().filter_map(|text| std::str::from_utf8(text).ok()).collect();
    match wanted {
        // A name with other texts only has no proof, but is there.
        Wanted::Proof => {
            Answer::Texts(words.iter().filter_map(|text| text.parse().ok()).take(MAX_PROOFS).collect())
        }
        Wanted::Spf => spf(&words).map_or(Answer::Absent, Answer::Spf),
        Wanted::Dmarc => dmarc(&words).map_or(Answer::Absent, Answer::Dmarc),
        Wanted::DkimKey(_) => {
            words.iter().find_map(|text| dkim_key(text)).map_or(Answer::Absent, Answer::DkimKey)
        }
    }
}

fn count(number: usize) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

/// RFC 7208 §4.5: a record is one that begins with the version and a space, or is the version.
fn spf(texts: &[&str]) -> Option<Spf> {
    let terms = |text: &&str| {
        let (version, rest) = text.split_once(' ').unwrap_or((text, ""));
        version.eq_ignore_ascii_case("v=spf1").then(|| rest.to_ascii_lowercase())
    };
    let records: Vec<String> = texts.iter().filter_map(terms).collect();
    let first = records.first()?;
    let mut spf =
        Spf { records: count(records.len()), includes: Vec::new(), servers: 0, others: SpfOthers::Neutral };
    let mut others = None;
    for term in first.split_ascii_whitespace() {
        let (qualifier, mechanism) = match term.split_at_checked(1) {
            Some((sign @ ("+" | "-" | "~" | "?"), rest)) => (sign, rest),
            _ => ("+", term),
        };
        if let Some(name) = mechanism.strip_prefix("redirect=").or(mechanism.strip_prefix("include:")) {
            // Names with macros (§7) are no names yet.
            spf.includes.extend(name.parse::<DnsName>().ok().filter(|_| spf.includes.len() < MAX_INCLUDES));
        } else if mechanism == "all" {
            // What comes behind is not looked at (§5.1).
            others = Some(match qualifier {
                "-" => SpfOthers::Fail,
                "~" => SpfOthers::SoftFail,
                "?" => SpfOthers::Neutral,
                _ => SpfOthers::Pass,
            });
            break;
        } else if qualifier == "+" && is_server(mechanism) {
            spf.servers = spf.servers.saturating_add(1);
        }
    }
    let redirects = first.split_ascii_whitespace().any(|term| term.starts_with("redirect="));
    spf.others = others.unwrap_or(if redirects { SpfOthers::Redirected } else { SpfOthers::Neutral });
    Some(spf)
}

/// The mechanisms that name servers themselves (RFC 7208 §5.3 to §5.7).
fn is_server(mechanism: &str) -> bool {
    let name = mechanism.split([':', '/']).next().unwrap_or_default();
    matches!(name, "a" | "mx" | "ip4" | "ip6" | "exists" | "ptr")
}

/// The tags of a record: RFC 6376 §3.2, which DMARC has too (RFC 7489 §6.4). White space at their ends is none of theirs.
fn tags(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(';').filter_map(|tag| tag.split_once('=')).map(|(name, value)| (name.trim(), value.trim()))
}

fn tag<'a>(text: &'a str, wanted: &str) -> Option<&'a str> {
    tags(text).find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

/// RFC 7489 §6.3: the version comes first, and is spelled in one way.
fn dmarc(texts: &[&str]) -> Option<Dmarc> {
    let records: Vec<&&str> =
        texts.iter().filter(|text| tags(text).next() == Some(("v", "DMARC1"))).collect();
    let first = records.first()?;
    let policy = |name| {
        tag(first, name).and_then(|value| match value.to_ascii_lowercase().as_str() {
            "none" => Some(DmarcPolicy::None),
            "quarantine" => Some(DmarcPolicy::Quarantine),
            "reject" => Some(DmarcPolicy::Reject),
            _ => None,
        })
    };
    let has_reports = tag(first, "rua").is_some_and(|uris| !uris.is_empty());
    Some(Dmarc {
        records: count(records.len()),
        // A record that asks for nothing but reports asks for nothing else (§6.6.3).
        policy: policy("p").or_else(|| has_reports.then_some(DmarcPolicy::None)),
        subdomains: policy("sp"),
        percent: tag(first, "pct").and_then(|value| value.parse().ok()).filter(|p| *p <= 100).unwrap_or(100),
        has_reports,
    })
}

/// RFC 6376 §3.6.1. The version may be left out, the key may not.
fn dkim_key(text: &str) -> Option<DkimKey> {
    if tag(text, "v").is_some_and(|version| version != "DKIM1") {
        return None;
    }
    let key: String = tag(text, "p")?.split_ascii_whitespace().collect();
    let kind = match tag(text, "k").unwrap_or("rsa") {
        "rsa" => DkimKind::Rsa,
        "ed25519" => DkimKind::Ed25519,
        _ => DkimKind::Other,
    };
    let state = match (STANDARD.decode(&key), kind) {
        _ if key.is_empty() => DkimState::Revoked,
        (Err(_), _) => DkimState::Broken,
        (Ok(key), DkimKind::Rsa) if key.len() < RSA_2048 => DkimState::Short,
        (Ok(key), DkimKind::Ed25519) if key.len() != ED25519 => DkimState::Broken,
        (Ok(_), _) => DkimState::Good,
    };
    let is_testing = tag(text, "t").is_some_and(|flags| flags.split(':').any(|flag| flag.trim() == "y"));
    Some(DkimKey { kind, state, is_testing })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(wanted: &Wanted, texts: &[&str]) -> Answer {
        read(wanted, &texts.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>())
    }

    fn names(names: &[&str]) -> Vec<DnsName> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn the_servers_of_a_domain() {
        let texts = [
            "kiavi-challenge=1",
            "V=spf1 ip4:192.0.2.0/24 mx -a:bad.example include:_spf.mail.example include:%{i}.x.example ~all include:b.example",
        ];
        let expected = Spf {
            records: 1,
            includes: names(&["_spf.mail.example"]),
            servers: 2,
            others: SpfOthers::SoftFail,
        };
        assert_eq!(of(&Wanted::Spf, &texts), Answer::Spf(expected));
        let others = |text: &str| match of(&Wanted::Spf, &[text]) {
            Answer::Spf(spf) => spf.others,
            other => panic!("{other:?}"),
        };
        assert_eq!(others("v=spf1"), SpfOthers::Neutral);
        assert_eq!(others("v=spf1 all"), SpfOthers::Pass);
        assert_eq!(others("v=spf1 -ALL"), SpfOthers::Fail);
        assert_eq!(others("v=spf1 redirect=_spf.example"), SpfOthers::Redirected);
        assert_eq!(of(&Wanted::Spf, &["v=spf10 -all", "spf"]), Answer::Absent);
        assert!(matches!(
            of(&Wanted::Spf, &["v=spf1 -all", "v=spf1 mx"]),
            Answer::Spf(Spf { records: 2, .. })
        ));
    }

    #[test]
    fn what_becomes_of_forgeries() {
        let text = "v=DMARC1 ; p=Quarantine; sp=reject; pct=50; rua=mailto:d@a.example";
        let expected = Dmarc {
            records: 1,
            policy: Some(DmarcPolicy::Quarantine),
            subdomains: Some(DmarcPolicy::Reject),
            percent: 50,
            has_reports: true,
        };
        assert_eq!(of(&Wanted::Dmarc, &["v=spf1", text]), Answer::Dmarc(expected));
        let policy = |text: &str| match of(&Wanted::Dmarc, &[text]) {
            Answer::Dmarc(dmarc) => dmarc.policy,
            other => panic!("{other:?}"),
        };
        assert_eq!(policy("v=DMARC1; p=all; rua=mailto:d@a.example"), Some(DmarcPolicy::None));
        assert_eq!(policy("v=DMARC1; pct=900"), None);
        // The version is first, or it is none.
        assert_eq!(of(&Wanted::Dmarc, &["p=reject; v=DMARC1", "v=dmarc1; p=none"]), Answer::Absent);
    }

    #[test]
    fn a_key_is_there_short_taken_back_or_none() {
        let selector = Wanted::DkimKey("s1".parse().unwrap());
        let key = |text: &str| match of(&selector, &[text]) {
            Answer::DkimKey(key) => (key.kind, key.state, key.is_testing),
            other => panic!("{other:?}"),
        };
        let (long, short) = (STANDARD.encode([1; 294]), STANDARD.encode([1; 162]));
        assert_eq!(key(&format!("v=DKIM1; k=rsa; p={long}")), (DkimKind::Rsa, DkimState::Good, false));
        assert_eq!(key(&format!("p={short}; t=s:y")), (DkimKind::Rsa, DkimState::Short, true));
        assert_eq!(
            key(&format!("v=DKIM1; k=ed25519; p={}", STANDARD.encode([1; 32]))),
            (DkimKind::Ed25519, DkimState::Good, false)
        );
        assert_eq!(key("v=DKIM1; p="), (DkimKind::Rsa, DkimState::Revoked, false));
        assert_eq!(key("v=DKIM1; p=!"), (DkimKind::Rsa, DkimState::Broken, false));
        assert_eq!(key("k=ed25519; p=AAAA"), (DkimKind::Ed25519, DkimState::Broken, false));
        assert_eq!(of(&selector, &["v=DKIM2; p=AAAA", "v=DKIM1", "hello"]), Answer::Absent);
    }

    proptest! {
        #[test]
        fn nothing_panics_and_lists_end(
            texts in prop::collection::vec("(v=spf1|v=DMARC1;|v=DKIM1;)?( include:[a-z.]{0,9}| [-+~?]?[a-z=;:%0-9é/.]{0,12}){0,30}", 0..4)
        ) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            for wanted in [Wanted::Proof, Wanted::Spf, Wanted::Dmarc, Wanted::DkimKey("s".parse().unwrap())] {
                if let Answer::Spf(spf) = of(&wanted, &texts) {
                    prop_assert!(spf.includes.len() <= MAX_INCLUDES && spf.records >= 1);
                }
            }
        }
    }
}
