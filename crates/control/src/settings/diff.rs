//! What two settings documents do not have in common.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    path::{SettingsPath, keys},
    secrets::masked_at,
};

/// One difference. A side without the path has no value; secrets are masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct Change {
    /// Where, such as `session.expires_in_seconds`.
    pub(crate) path: String,
    /// What was there; absent if nothing was.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "present")]
    #[schema(value_type = Value)]
    pub(crate) from: Option<Value>,
    /// What is there; absent if nothing is.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "present")]
    #[schema(value_type = Value)]
    pub(crate) to: Option<Value>,
}

/// A member that is `null` is a value; only one that is absent is none.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// The differences between two documents as they are stored, in the order of their paths. Secrets that are stored
/// apart differ when their references do.
pub(crate) fn diff(from: &Value, to: &Value) -> Vec<Change> {
    let change = |(path, from, to): (SettingsPath, Option<&Value>, Option<&Value>)| Change {
        from: from.map(|value| masked_at(&path, value)),
        to: to.map(|value| masked_at(&path, value)),
        path: path.to_string(),
    };
    differences(from, to).into_iter().map(change).collect()
}

/// A difference with both values as they are.
pub(super) type Difference<'d> = (SettingsPath, Option<&'d Value>, Option<&'d Value>);

/// The differences, unmasked.
pub(super) fn differences<'d>(from: &'d Value, to: &'d Value) -> Vec<Difference<'d>> {
    let mut found = Vec::new();
    compare(&SettingsPath::default(), Some(from), Some(to), &mut found);
    found
}

fn compare<'d>(
    path: &SettingsPath,
    from: Option<&'d Value>,
    to: Option<&'d Value>,
    found: &mut Vec<Difference<'d>>,
) {
    match (from, to) {
        _ if from == to => {}
        (Some(Value::Object(from)), Some(Value::Object(to))) => {
            let names: BTreeSet<_> = from.keys().chain(to.keys()).collect();
            for name in names {
                compare(&path.member(name), from.get(name), to.get(name), found);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => match (keys(old), keys(new)) {
            (Some(old_keys), Some(new_keys)) if kept_order(&old_keys, &new_keys) => {
                let names: BTreeSet<_> = old_keys.iter().chain(&new_keys).collect();
                let element = |list: &'d [Value], keys: &[&str], name: &str| {
                    keys.iter().position(|key| *key == name).and_then(|index| list.get(index))
                };
                for name in names {
                    let (from, to) = (element(old, &old_keys, name), element(new, &new_keys, name));
                    compare(&path.element(name), from, to, found);
                }
            }
            _ => found.push((path.clone(), from, to)),
        },
        _ => found.push((path.clone(), from, to)),
    }
}

/// Whether what both lists have is in the same order in both: otherwise the order is the difference.
fn kept_order(old: &[&str], new: &[&str]) -> bool {
    let common = |list: &[&str], other: &[&str]| -> Vec<String> {
        list.iter().filter(|key| other.contains(key)).map(|key| (*key).to_owned()).collect()
    };
    common(old, new) == common(new, old)
}

/// Applies a JSON Merge Patch (RFC 7396 §2).
pub(crate) fn merge(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut target = if let Value::Object(target) = target { target } else { Map::new() };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            let old = target.remove(name).unwrap_or_default();
            target.insert(name.clone(), merge(old, value));
        }
    }
    Value::Object(target)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn paths(from: &Value, to: &Value) -> Vec<String> {
        diff(from, to).into_iter().map(|change| change.path).collect()
    }

    #[test]
    fn a_difference_is_named_where_it_is() {
        let from = json!({ "a": { "b": 1, "c": 2 }, "list": [{ "id": "x", "n": 1 }], "plain": [1, 2] });
        let to = json!({ "a": { "b": 1, "c": null }, "list": [{ "id": "x", "n": 2 }, { "id": "y" }], "plain": [2] });
        assert_eq!(paths(&from, &to), ["a.c", "list[x].n", "list[y]", "plain"]);
        assert!(diff(&from, &from).is_empty());
        let swapped = json!([{ "id": "y" }, { "id": "x" }]);
        assert_eq!(paths(&json!({ "l": [{ "id": "x" }, { "id": "y" }] }), &json!({ "l": swapped })), ["l"]);
    }

    #[test]
    fn absent_and_null_are_told_apart() {
        let changes = diff(&json!({ "a": null }), &json!({ "b": null }));
        let text = serde_json::to_value(&changes).unwrap();
        assert_eq!(text, json!([{ "path": "a", "from": null }, { "path": "b", "to": null }]));
        assert_eq!(serde_json::from_value::<Vec<Change>>(text).unwrap(), changes);
    }

    #[test]
    fn secrets_are_masked_wherever_they_are() {
        let from = json!({ "social": { "providers": [{ "id": "x", "client_secret": "vault:a:1" }] } });
        let to = json!({ "social": { "providers": [
            { "id": "x", "client_secret": "vault:a:2" }, { "id": "y", "client_secret": "vault:b:1" }
        ] } });
        let changes = serde_json::to_string(&diff(&from, &to)).unwrap();
        assert!(changes.contains("providers[x].client_secret") && !changes.contains("vault"), "{changes}");
    }

    #[test]
    fn the_examples_of_the_merge_patch_specification() {
        // RFC 7396, appendix A.
        for (target, patch, result) in [
            (json!({ "a": "b" }), json!({ "a": "c" }), json!({ "a": "c" })),
            (json!({ "a": "b" }), json!({ "b": "c" }), json!({ "a": "b", "b": "c" })),
            (json!({ "a": "b" }), json!({ "a": null }), json!({})),
            (json!({ "a": "b", "b": "c" }), json!({ "a": null }), json!({ "b": "c" })),
            (json!({ "a": ["b"] }), json!({ "a": "c" }), json!({ "a": "c" })),
            (json!({ "a": "c" }), json!({ "a": ["b"] }), json!({ "a": ["b"] })),
            (
                json!({ "a": { "b": "c" } }),
                json!({ "a": { "b": "d", "c": null } }),
                json!({ "a": { "b": "d" } }),
            ),
            (json!({ "a": [{ "b": "c" }] }), json!({ "a": [1] }), json!({ "a": [1] })),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({ "a": "b" }), json!(["c"]), json!(["c"])),
            (json!({ "e": null }), json!({ "a": 1 }), json!({ "e": null, "a": 1 })),
            (json!([1, 2]), json!({ "a": "b", "c": null }), json!({ "a": "b" })),
            (json!({}), json!({ "a": { "bb": { "ccc": null } } }), json!({ "a": { "bb": {} } })),
        ] {
            assert_eq!(merge(target.clone(), &patch), result, "{target} {patch}");
        }
    }

    fn document() -> impl Strategy<Value = Value> {
        let leaf =
            prop_oneof![any::<bool>().prop_map(Value::from), (0..3).prop_map(Value::from), Just(Value::Null)];
        let tree = leaf.prop_recursive(3, 16, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
                prop::collection::btree_map("[ab]|id", inner, 0..3)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        });
        prop::collection::btree_map("[a-c]", tree, 0..4)
            .prop_map(|members| Value::Object(members.into_iter().collect()))
    }

    proptest! {
        #[test]
        fn setting_what_differs_makes_the_one_the_other(from in document(), to in document()) {
            let mut made = from.clone();
            for (path, _, value) in differences(&from, &to) {
                path.set(&mut made, value.cloned()).unwrap();
            }
            prop_assert_eq!(made, to);
        }
    }
}
