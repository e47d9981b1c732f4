use instant_acme::BodyWrapper;

use super::*;

struct Nowhere;

impl HttpClient for Nowhere {
    fn send(
        &self,
        _: axum::http::Request<bytes::Bytes>,
    ) -> BoxFuture<'_, Result<axum::http::Response<bytes::Bytes>, EgressError>> {
        Box::pin(async { Err(EgressError::Unreachable) })
    }
}

fn problem(kind: &str) -> Error {
    let problem =
        serde_json::json!({ "type": format!("urn:ietf:params:acme:error:{kind}"), "detail": "why" });
    Error::Api(serde_json::from_value(problem).unwrap())
}

#[test]
fn failures_are_the_servers_the_authoritys_or_the_protocols() {
    let of = |error: EgressError| failed(Error::Other(Box::new(error))).code();
    assert_eq!([of(EgressError::Unreachable), of(EgressError::Deadline)], ["unreachable"; 2]);
    assert_eq!([of(EgressError::Refused), of(EgressError::TooLarge)], ["protocol"; 2]);
    assert_eq!(failed(problem("rateLimited")).code(), "rate_limited");
    assert_eq!(failed(problem("dns")).code(), "unverified");
    assert_eq!(failed(Error::Timeout(None)).code(), "deadline");
    assert!(is_limit(&match problem("rateLimited") {
        Error::Api(problem) => problem,
        _ => unreachable!(),
    }));
}

#[tokio::test]
async fn a_request_goes_by_the_way_out_and_what_stops_it_there_is_known() {
    use instant_acme::HttpClient as _;
    let request =
        axum::http::Request::builder().uri("https://ca.test/").body(BodyWrapper::default()).unwrap();
    let Err(error) = Way(Arc::new(Nowhere)).request(request).await else { panic!("an answer from nowhere") };
    assert_eq!(cause(&error), Some(EgressError::Unreachable));
}

#[test]
fn an_external_accounts_key_is_base64url_with_or_without_padding() {
    let account = |key: &str| ExternalAccount { key_id: "kid".to_owned(), hmac_key: key.to_owned().into() };
    assert!(external_key(&account("aGVsbG8gd29ybGQ")).is_ok());
    assert!(external_key(&account("aGVsbG8gd29ybGQ=")).is_ok());
    assert_eq!(external_key(&account("no key!")).map(drop).unwrap_err().code(), "not_made");
}

#[test]
fn challenges_read_back() {
    for kind in [ChallengeKind::Http01, ChallengeKind::TlsAlpn01, ChallengeKind::Dns01] {
        assert_eq!(ChallengeKind::parse(kind.as_str()), Some(kind));
    }
    assert_eq!(ChallengeKind::parse("dns-02"), None);
}
