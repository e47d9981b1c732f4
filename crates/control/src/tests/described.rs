//! The OpenAPI document has what is mounted, and nothing that is not there.

use std::collections::BTreeSet;

use super::{api::get, *};
use crate::{
    CallerKind,
    api::{code::Code, openapi::document, routes_of},
};

fn of(kind: CallerKind) -> Value {
    serde_json::to_value(document(kind)).unwrap()
}

fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        item.as_object()
            .unwrap()
            .iter()
            .map(move |(method, operation)| (path.clone(), method.to_uppercase(), operation))
    });
    all.collect()
}

#[test]
fn every_mounted_route_is_described_and_no_other() {
    for kind in [CallerKind::LocalOperator, CallerKind::ConsoleHost] {
        let document = of(kind);
        let described: BTreeSet<_> =
            operations(&document).into_iter().map(|(path, method, _)| (path, method)).collect();
        let mounted: BTreeSet<_> =
            routes_of(kind).map(|route| (route.path, route.method.to_string())).collect();
        assert_eq!(described, mounted);
    }
}

#[test]
fn a_description_is_whole() {
    let document = of(CallerKind::LocalOperator);
    assert_eq!(document["openapi"].as_str().unwrap().split('.').take(2).collect::<Vec<_>>(), ["3", "1"]);
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let place = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{place}");
        assert!(!operation["summary"].as_str().unwrap_or_default().is_empty(), "{place} has no summary");
        let named: BTreeSet<_> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| format!("{{{}}}", parameter["name"].as_str().unwrap()))
            .collect();
        let in_path: BTreeSet<_> =
            path.split('/').filter(|part| part.starts_with('{')).map(Into::into).collect();
        assert_eq!(named, in_path, "{place}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{place}");
        assert_eq!(responses.contains_key("401"), !path.ends_with("openapi.json"), "{place}");
        for (status, response) in responses.iter().filter(|(status, _)| !status.starts_with('2')) {
            let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
            let is_engines = status == "default";
            assert!(is_engines || schema == "#/components/schemas/Problem", "{place} {status}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn check(value: &Value, document: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                }
                members.values().for_each(|member| check(member, document));
            }
            Value::Array(items) => items.iter().for_each(|item| check(item, document)),
            _ => {}
        }
    }
    let document = of(CallerKind::LocalOperator);
    check(&document, &document);
}

#[tokio::test]
async fn it_is_served_to_anybody() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    for kind in [CallerKind::LocalOperator, CallerKind::ConsoleHost] {
        let served = get(&control.router(kind), "/v1/openapi.json").await;
        assert_eq!(served.json(), of(kind));
    }
}

/// The table of problems in the documentation, as it has to be.
fn problems_table() -> String {
    let mut table = String::from("| status | code | when, and what to do |\n|---|---|---|\n");
    for code in Code::ALL {
        table.push_str(&format!(
            "| {} | `{}` | {} |\n",
            code.status().as_u16(),
            code.as_str(),
            code.meaning()
        ));
    }
    table
}

#[test]
fn the_documentation_lists_all_problems() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api.md")).unwrap();
    let table = problems_table();
    assert!(page.contains(&table), "docs/api.md needs this table:\n\n{table}");
}

#[test]
fn the_documentation_lists_all_permissions() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api.md")).unwrap();
    let roles: Vec<_> = crate::Role::ALL.iter().map(|role| format!("{role:?}")).collect();
    let mut table =
        format!("| permission | for | {} |\n|---|---|{}\n", roles.join(" | "), "---|".repeat(roles.len()));
    for permission in crate::Permission::ALL {
        let marks = crate::Role::ALL
            .map(|role| if role.may(*permission, crate::Workplace::Platform) { "✓" } else { "" });
        let (text, purpose) = (permission.as_str(), permission.purpose());
        table.push_str(&format!("| `{text}` | {purpose} | {} |\n", marks.join(" | ")));
    }
    assert!(page.contains(&table), "docs/api.md needs this table:\n\n{table}");
}
