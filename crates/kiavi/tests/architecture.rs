//! What `ARCHITECTURE.md` says about crates, held by Cargo's own word (`cargo metadata`).

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// The crates from the lowest layer to the highest. A crate may use those of lower layers only, so products never
/// use each other.
const LAYERS: &[&[&str]] = &[
    &["base"],
    &["crypto", "db", "geo", "http", "ipc"],
    &["egress", "tls"],
    &["webauthn", "oauth", "audit", "pages", "sandbox", "vault", "localpg", "moving"],
    &["engine", "control", "gateway", "launcher", "outbound", "auditor"],
    &["kiavi"],
];

/// For tests only; nothing that ships may use it.
const TEST_ONLY: &str = "kiavi-testkit";

/// Crates that decide and compute, and have no runtime to do I/O with.
const WITHOUT_IO: &[&str] = &[
    "kiavi-base",
    "kiavi-crypto",
    "kiavi-geo",
    "kiavi-webauthn",
    "kiavi-oauth",
    "kiavi-audit",
    "kiavi-pages",
];

/// Libraries that one crate alone may name.
const SOLE_USERS: &[(&str, &str)] = &[
    ("argon2", "kiavi-crypto"),
    ("aws-lc-rs", "kiavi-crypto"),
    ("chacha20poly1305", "kiavi-crypto"),
    ("tokio-postgres", "kiavi-db"),
    ("lettre", "kiavi-outbound"),
    ("seccompiler", "kiavi-sandbox"),
    ("landlock", "kiavi-sandbox"),
    ("askama", "kiavi-pages"),
    ("zstd", "kiavi-moving"),
    ("maxminddb", "kiavi-geo"),
    ("object_store", "kiavi"),
    ("instant-acme", "kiavi-control"),
    ("x509-parser", "kiavi-control"),
];

/// A second implementation of what aws-lc-rs does.
const BANNED: &[&str] = &["ring", "openssl", "openssl-sys", "native-tls"];

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--locked", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// For each package, the packages it uses outside of its tests.
struct Graph(BTreeMap<String, BTreeSet<String>>);

impl Graph {
    fn read() -> Self {
        let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        let answer = cargo(&["metadata", "--format-version=1", "--filter-platform", &platform]);
        let metadata: Value = serde_json::from_str(&answer).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let names: BTreeMap<_, _> = metadata["packages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|package| (text(&package["id"]), text(&package["name"])))
            .collect();
        let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for node in metadata["resolve"]["nodes"].as_array().unwrap() {
            let is_normal = |dependency: &&Value| {
                dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"] != "dev")
            };
            let used = node["deps"].as_array().unwrap().iter().filter(is_normal);
            let used = used.map(|dependency| names[&text(&dependency["pkg"])].clone());
            graph.entry(names[&text(&node["id"])].clone()).or_default().extend(used);
        }
        Self(graph)
    }

    /// Everything that `package` uses, directly or not.
    fn reach(&self, package: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut next = vec![package];
        while let Some(package) = next.pop() {
            for used in &self.0[package] {
                if found.insert(used.as_str()) {
                    next.push(used);
                }
            }
        }
        found
    }

    fn ours(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        let ours = |name: &str| name == "kiavi" || name.starts_with("kiavi-");
        self.0.iter().filter(move |(name, _)| ours(name)).map(|(name, used)| (name.as_str(), used))
    }
}

fn layer(package: &str) -> usize {
    let short = package.strip_prefix("kiavi-").unwrap_or(package);
    let found = LAYERS.iter().position(|layer| layer.contains(&short));
    found.unwrap_or_else(|| panic!("{package} is in no layer: add it here and in ARCHITECTURE.md"))
}

#[test]
fn layers_point_one_way() {
    let graph = Graph::read();
    for (package, used) in graph.ours().filter(|(package, _)| *package != TEST_ONLY) {
        for other in used.iter().filter(|other| graph.ours().any(|(ours, _)| ours == *other)) {
            assert_ne!(other, TEST_ONLY, "{package} ships a test crate");
            assert!(layer(other) < layer(package), "{package} uses {other}, which is not below it");
        }
    }
}

#[test]
fn the_gateway_can_reach_no_key_and_no_database() {
    let graph = Graph::read();
    let reach = graph.reach("kiavi-gateway");
    for forbidden in ["kiavi-vault", "kiavi-db", "kiavi-crypto", "tokio-postgres", "aws-lc-rs"] {
        assert!(!reach.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn what_decides_has_no_runtime() {
    let graph = Graph::read();
    for package in WITHOUT_IO {
        assert!(!graph.reach(package).contains("tokio"), "{package}");
    }
}

#[test]
fn a_library_has_one_place() {
    let graph = Graph::read();
    for (library, sole) in SOLE_USERS {
        let users = graph.ours().filter(|(user, used)| *user != TEST_ONLY && used.contains(*library));
        let users: Vec<_> = users.map(|(user, _)| user).collect();
        assert_eq!(users, [*sole], "who uses {library}");
    }
}

#[test]
fn there_is_one_cryptography() {
    // Not the metadata: there, a feature of an optional dependency counts as the dependency.
    let tree = cargo(&["tree", "--edges=normal,build", "--prefix=none", "--format={p}"]);
    let built: BTreeSet<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    for banned in BANNED {
        assert!(!built.contains(banned), "{banned} is in the product");
    }
    assert!(built.contains("aws-lc-rs"), "the tree is not the product's");
}
