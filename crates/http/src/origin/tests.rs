use super::*;
use proptest::prelude::*;

fn trusted(patterns: &[&str]) -> TrustedOrigins {
    let patterns = patterns.iter().map(ToString::to_string).collect();
    TrustedOrigins::new("http://demo.localhost:8080", patterns).unwrap()
}

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

const OWN: &str = "http://demo.localhost:8080";

#[test]
fn without_cookies_nothing_is_asked() {
    assert_eq!(trusted(&[]).check_request(&headers(&[("origin", "https://evil.example")])), Ok(()));
}

#[test]
fn with_cookies_the_origin_must_be_present_and_trusted() {
    let check = |lines: &[(&'static str, &str)]| {
        let mut all = vec![("cookie", "a=1")];
        all.extend(lines);
        trusted(&[]).check_request(&headers(&all))
    };
    assert_eq!(check(&[]), Err(OriginError::Missing));
    assert_eq!(check(&[("origin", "null")]), Err(OriginError::Missing));
    assert_eq!(check(&[("origin", "null"), ("sec-fetch-site", "same-origin")]), Ok(()));
    assert_eq!(check(&[("origin", "https://evil.example")]), Err(OriginError::Untrusted));
    assert_eq!(check(&[("origin", "http://demo.localhost")]), Err(OriginError::Untrusted));
    assert_eq!(check(&[("origin", "nonsense")]), Err(OriginError::Untrusted));
    for same in
        [OWN, "HTTP://DEMO.localhost:8080", "http://u@demo.localhost:8080/x", "http:demo.localhost:8080"]
    {
        assert_eq!(check(&[("origin", same)]), Ok(()), "{same}");
    }
    assert_eq!(check(&[("referer", "http://demo.localhost:8080/page?x=1")]), Ok(()));
    assert_eq!(
        check(&[("referer", "https://evil.example/?http://demo.localhost:8080")]),
        Err(OriginError::Untrusted)
    );
}

#[test]
fn a_sign_in_form_on_a_foreign_page_is_refused_without_cookies_too() {
    let check = |lines: &[(&'static str, &str)]| trusted(&[]).check_sign_in_form(&headers(lines));
    assert_eq!(check(&[]), Ok(()));
    assert_eq!(check(&[("origin", "https://evil.example")]), Err(OriginError::Untrusted));
    let navigation = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("origin", OWN)];
    assert_eq!(check(&navigation), Err(OriginError::CrossSiteNavigation));
    assert_eq!(check(&[("sec-fetch-site", "same-origin")]), Err(OriginError::Missing));
    assert_eq!(check(&[("sec-fetch-site", "same-origin"), ("origin", OWN)]), Ok(()));
}

#[test]
fn a_page_of_our_own_is_exactly_that() {
    let check =
        |lines: &[(&'static str, &str)]| trusted(&["https://*.example"]).check_own_page(&headers(lines));
    assert_eq!(check(&[("origin", OWN)]), Ok(()));
    assert_eq!(check(&[("origin", "https://app.example")]), Err(OriginError::Untrusted));
    assert_eq!(check(&[]), Err(OriginError::Missing));
}

#[test]
fn patterns() {
    let cases = [
        ("https://app.example", "https://app.example/path", true),
        ("https://app.example/", "https://app.example", false),
        ("https://*.app.example", "https://a.b.app.example", true),
        ("https://*.app.example", "https://app.example", false),
        ("https://*.app.example", "http://a.app.example", false),
        ("https://*.app.example", "https://evil.example/.app.example", false),
        ("*.app.example", "http://x.app.example", true),
        ("*.app.example", "http://x.app.example:81", false),
        ("http://192.168.*", "http://192.168.1.7", true),
        ("http://192.168.*", "http://192.168.evil.example", false),
        ("http://localhost:300?", "http://localhost:3001", true),
        ("myapp://", "myapp://anything/at/all", true),
        ("myapp://open/cb", "MYAPP://open/cb/x", true),
        ("myapp://open/cb", "myapp://open/cbx", false),
        ("myapp://open/cb", "myapp://open/cb/%2e%2e/x", false),
        ("myapp://open", "other://open", false),
        ("https://app.example", "javascript:alert(1)", false),
    ];
    for (pattern, target, expected) in cases {
        assert_eq!(trusted(&[pattern]).trusts_redirect(target), expected, "{pattern} {target}");
    }
}

#[test]
fn paths_stay_on_our_own_origin() {
    let own = trusted(&[]);
    for good in ["/", "/dashboard?next=%2Fx#a", "/a/../b"] {
        assert!(own.trusts_redirect(good), "{good}");
    }
    for bad in ["//evil.example", "/\\evil.example", "/a\tb", "/%2f/evil.example", "/a%5Cb", "dashboard", ""]
    {
        assert!(!own.trusts_redirect(bad), "{bad}");
    }
}

proptest! {
    #[test]
    fn no_input_panics_and_foreign_hosts_stay_foreign(pattern in "[ -~]{0,40}", target in ".{0,80}") {
        trusted(&[&pattern]).trusts_redirect(&target);
        let foreign = format!("https://evil.example/{}", target.replace(char::is_control, ""));
        prop_assert!(!trusted(&[]).trusts_redirect(&foreign));
    }

    #[test]
    fn a_trusted_path_resolves_to_our_origin(path in "/[ -~]{0,60}") {
        let own = trusted(&[]);
        if own.trusts_redirect(&path) {
            prop_assert_eq!(own.own.join(&path).unwrap().origin(), own.own.origin());
        }
    }
}

#[test]
fn a_page_of_our_own_is_one_of_our_host_by_https_too_where_that_is_trusted() {
    let check =
        |patterns: &[&str], origin: &str| trusted(patterns).check_own_page(&headers(&[("origin", origin)]));
    let secure = "https://demo.localhost:8443";
    assert_eq!(check(&[], OWN), Ok(()));
    assert_eq!(check(&[], secure), Err(OriginError::Untrusted));
    assert_eq!(check(&[secure], secure), Ok(()));
    for other in ["http://demo.localhost:8443", "https://shop.localhost:8443", "https://demo.localhost"] {
        assert_eq!(check(&[secure, other], secure), Ok(()));
        let expected = if other == "https://demo.localhost" { Ok(()) } else { Err(OriginError::Untrusted) };
        assert_eq!(check(&[secure, other], other), expected, "{other}");
    }
    // A pattern names no origin.
    assert_eq!(check(&["https://*.localhost:8443"], secure), Err(OriginError::Untrusted));
}
