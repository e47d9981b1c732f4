use super::*;

fn relation(name: &str, columns: &[(&str, &str)]) -> Relation {
    let column = |(name, type_name): &(&str, &str)| SourceColumn {
        name: (*name).to_owned(),
        type_name: (*type_name).to_owned(),
        is_demanding: true,
    };
    Relation { name: name.to_owned(), columns: columns.iter().map(column).collect() }
}

/// The tables that every server has, with ids and times of these types.
fn core(id: &str, at: &str) -> Catalogue {
    let user = relation(
        "user",
        &[
            ("id", id),
            ("name", "text"),
            ("email", "text"),
            ("emailVerified", "bool"),
            ("createdAt", at),
            ("updatedAt", at),
        ],
    );
    let session = relation(
        "session",
        &[
            ("id", id),
            ("expiresAt", at),
            ("token", "text"),
            ("createdAt", at),
            ("updatedAt", at),
            ("userId", id),
        ],
    );
    let account = relation(
        "account",
        &[
            ("id", id),
            ("accountId", "text"),
            ("providerId", "text"),
            ("userId", id),
            ("createdAt", at),
            ("updatedAt", at),
        ],
    );
    Catalogue { relations: vec![user, session, account] }
}

fn selected(catalogue: &Catalogue, table: &str) -> String {
    Plan::new(catalogue).unwrap().selection(table).unwrap().everything.clone()
}

#[test]
fn types_of_other_adapters_become_ours() {
    let sql = selected(&core("uuid", "timestamp"), "user");
    assert!(sql.contains(r#"t."id"::text AS "id""#), "{sql}");
    assert!(
        sql.contains(r#"date_trunc('milliseconds', (t."createdAt" AT TIME ZONE 'UTC')) AS "createdAt""#),
        "{sql}"
    );
    assert!(sql.contains(r#"NULL::boolean AS "banned""#), "{sql}");
    assert!(Plan::new(&core("int4", "timestamptz")).unwrap().warnings.is_empty());
    assert_eq!(Plan::new(&core("text", "timestamp")).unwrap().warnings.len(), 1, "told once");
}

#[test]
fn names_may_be_written_otherwise() {
    let mut catalogue = core("text", "timestamptz");
    for relation in &mut catalogue.relations {
        relation.name.push('s');
        for column in &mut relation.columns {
            let parts = column.name.chars().flat_map(|symbol| {
                symbol.is_uppercase().then_some('_').into_iter().chain(symbol.to_lowercase())
            });
            column.name = parts.collect();
        }
    }
    let sql = selected(&catalogue, "session");
    assert!(sql.contains(r#"t."user_id" AS "userId""#) && sql.contains(r#"FROM "sessions""#), "{sql}");
}

#[test]
fn a_key_of_before_has_its_owner_under_the_earlier_name() {
    let mut catalogue = core("text", "timestamptz");
    let at = "timestamptz";
    let columns = [("id", "text"), ("key", "text"), ("userId", "text"), ("createdAt", at), ("updatedAt", at)];
    catalogue.relations.push(relation("apikey", &columns));
    let sql = selected(&catalogue, "apikey");
    assert!(
        sql.contains(r#"t."userId" AS "referenceId""#) && sql.contains(r#"'default' AS "configId""#),
        "{sql}"
    );
}

#[test]
fn everything_that_stands_in_the_way_is_told_at_once() {
    let mut catalogue = core("text", "timestamptz");
    catalogue.relations.retain(|relation| relation.name != "account");
    catalogue.relations[0].columns.retain(|column| column.name != "email");
    catalogue.relations[0].columns.push(SourceColumn {
        name: "plan".into(),
        type_name: "text".into(),
        is_demanding: true,
    });
    catalogue.relations[1].columns[1].type_name = "point".into();
    let problems = Plan::new(&catalogue).unwrap_err();
    let about = |what: &str| problems.iter().any(|problem| problem.contains(what));
    assert!(about("\"account\"") && about("user.email") && about("user.plan") && about("session.expiresAt"));
    assert_eq!(problems.len(), 4, "{problems:#?}");
}

#[test]
fn what_stays_behind_is_named() {
    let mut catalogue = core("text", "timestamptz");
    catalogue.relations[0].columns.push(SourceColumn {
        name: "phoneNumber".into(),
        type_name: "text".into(),
        is_demanding: false,
    });
    catalogue.relations[2].columns.push(SourceColumn {
        name: "issuer".into(),
        type_name: "text".into(),
        is_demanding: true,
    });
    catalogue.relations.push(relation("twoFactor", &[("id", "text")]));
    catalogue.relations.push(relation("verification", &[("id", "text")]));
    let plan = Plan::new(&catalogue).unwrap();
    let told = plan.warnings.join("\n");
    assert!(told.contains("phoneNumber") && told.contains("issuer") && told.contains("twoFactor"), "{told}");
    assert!(!told.contains("verification"), "{told}");
    assert_eq!(plan.short_lived.as_deref(), Some("\"verification\""));
}
