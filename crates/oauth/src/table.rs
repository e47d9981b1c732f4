//! The providers that need no more than a client id: their endpoints, and how they like to be spoken to. The ids are
//! Better Auth's.

mod rows;

use crate::{
    jwk::Algorithm,
    provider::{Endpoints, Mapping, Provider, Traits},
};

pub(crate) use rows::TABLE;

/// One provider of the table.
pub(crate) struct Row {
    pub(crate) id: &'static str,
    name: &'static str,
    authorization: &'static str,
    token: &'static str,
    userinfo: &'static str,
    revocation: &'static str,
    jwks: &'static str,
    issuers: &'static [&'static str],
    scopes: &'static [&'static str],
    traits: Traits,
}

/// What a row is made from; `""` is none.
const ROW: Row = Row {
    id: "",
    name: "",
    authorization: "",
    token: "",
    userinfo: "",
    revocation: "",
    jwks: "",
    issuers: &[],
    scopes: &[],
    traits: Traits::STANDARD,
};

const STANDARD: Traits = Traits::STANDARD;
const OPENID: Traits = Traits::OPENID;
/// A profile from a call to the API instead of claims; nothing is said of the address.
const API: Mapping =
    Mapping { subject: &["/id"], email_verified: "", name: &["/name"], image: &[], ..Mapping::CLAIMS };
const CLAIMS: Mapping = Mapping::CLAIMS;
const SCOPES: &[&str] = &["openid", "email", "profile"];

/// The provider of a known id.
pub fn known(id: &str) -> Option<Provider> {
    let row = TABLE.iter().find(|row| row.id == id)?;
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let list = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    Some(Provider {
        id: row.id.to_owned(),
        name: row.name.to_owned(),
        endpoints: Endpoints {
            authorization: row.authorization.to_owned(),
            token: row.token.to_owned(),
            userinfo: some(row.userinfo),
            revocation: some(row.revocation),
            jwks: some(row.jwks),
            issuers: list(row.issuers),
            answers_with_issuer: false,
        },
        scopes: list(row.scopes),
        traits: row.traits,
    })
}

/// What counts where the table says nothing else; kept here so that a row cannot widen it by accident.
const _: () = assert!(matches!(STANDARD.algorithms, [Algorithm::Rs256]));

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::is_usable_endpoint;

    #[test]
    fn every_row_is_whole() {
        let ids: HashSet<_> = TABLE.iter().map(|row| row.id).collect();
        assert_eq!(ids.len(), TABLE.len(), "an id is there twice");
        for row in TABLE {
            let id = row.id;
            assert!(
                !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase()) && !row.name.is_empty(),
                "{id}"
            );
            for endpoint in [row.authorization, row.token] {
                assert!(is_usable_endpoint(endpoint), "{id}: {endpoint}");
            }
            for endpoint in
                [row.userinfo, row.revocation, row.jwks].into_iter().filter(|text| !text.is_empty())
            {
                assert!(is_usable_endpoint(endpoint), "{id}: {endpoint}");
            }
            let calls = !row.traits.profile_calls.is_empty();
            assert_eq!(
                calls,
                !row.userinfo.is_empty(),
                "{id}: a profile is from a call or from the ID token"
            );
            assert_eq!(row.jwks.is_empty(), row.issuers.is_empty(), "{id}");
            assert!(calls || !row.jwks.is_empty(), "{id} tells nothing of anybody");
            assert_eq!(row.traits.nonce, !row.jwks.is_empty(), "{id}");
            let provider = known(id).unwrap();
            let client = crate::Client { id: "id", secret: Some("secret") };
            for call in row.traits.profile_calls {
                assert!(crate::profile_request(&provider, &client, call, "token").is_ok(), "{id}");
            }
        }
    }
}
