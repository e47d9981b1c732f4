//! Which servers settings may list, and what outbound hears of them.

use kiavi_ipc::egress::AllowList;

use super::EgressSettings;
use crate::{Settings, tests::ORIGIN};

fn with(egress: EgressSettings) -> Settings {
    let mut settings = Settings::for_slug(&"demo".parse().unwrap(), ORIGIN).unwrap();
    settings.egress = egress;
    settings
}

fn listing(hosts: &[&str]) -> EgressSettings {
    EgressSettings {
        hosts: hosts.iter().map(|host| host.parse().unwrap()).collect(),
        allows_private: hosts.iter().any(|host| host.starts_with("http://")),
        ..EgressSettings::default()
    }
}

#[test]
fn settings_that_would_open_too_much_are_refused() {
    let refused = |egress: EgressSettings| with(egress).validate().unwrap_err().to_string();
    let plain = EgressSettings { allows_private: false, ..listing(&["http://idp.test"]) };
    assert!(refused(plain).starts_with("egress.hosts"));
    let many: Vec<String> = (1..=65).map(|port| format!("idp.test:{port}")).collect();
    let many = listing(&many.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(refused(many).starts_with("egress.hosts"));
    for pem in ["", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let egress = EgressSettings { extra_roots: vec![pem.to_owned()], ..EgressSettings::default() };
        assert!(refused(egress).starts_with("egress.extra_roots"), "{pem}");
    }
}

#[test]
fn outbound_hears_of_exactly_what_is_listed() {
    let listed = with(listing(&["idp.test:443", "http://127.0.0.1:9000", "https://127.0.0.1:9000"]));
    listed.validate().unwrap();
    let list = listed.allow_list().unwrap();
    assert!(list.allows_private());
    assert!(list.has(&"idp.test:443".parse().unwrap()) && list.has(&"127.0.0.1:9000".parse().unwrap()));
    assert!(!list.has(&"idp.test:80".parse().unwrap()));
    let none = with(EgressSettings::default()).allow_list().unwrap();
    assert_eq!(none, AllowList::default());
}
