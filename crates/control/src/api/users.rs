//! A tenant's users as a table, for operators: written by its engine, page by page.

use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{Problem, input::Asked, reading::Reading};

/// Where the engine writes it.
const EXPORT: &str = "/api/auth/admin/export-users";

/// Whom a table is of.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Part of an e-mail address, or of a name, as `field` says.
    #[param(max_length = 254, example = "ada@")]
    text: Option<String>,
    /// What `text` is part of.
    #[param(inline)]
    field: Option<Field>,
    /// Whether they may sign in.
    #[param(inline)]
    standing: Option<Standing>,
    /// What they can sign in with besides a code by e-mail.
    #[param(inline)]
    method: Option<Means>,
    /// The first day on which they came (UTC).
    #[param(format = Date, example = "2026-11-01")]
    created_from: Option<String>,
    /// The last day on which they came (UTC).
    #[param(format = Date, example = "2026-11-26")]
    created_to: Option<String>,
    /// The first day on which they were there last, by the tenant's clock.
    #[param(format = Date, example = "2026-11-01")]
    seen_from: Option<String>,
    /// The last day on which they were there last, by the tenant's clock.
    #[param(format = Date, example = "2026-11-26")]
    seen_to: Option<String>,
}

/// What a text is part of.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Field {
    /// The e-mail address, unless it is said.
    Email,
    /// The name.
    Name,
}

/// Whether somebody may sign in.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Standing {
    /// All, unless it is said.
    All,
    /// Those who may.
    Active,
    /// Those who are suspended.
    Suspended,
}

/// What somebody can sign in with.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Means {
    /// Anything, unless it is said.
    All,
    /// A passkey.
    Passkey,
    /// An account at a provider.
    Account,
    /// Neither.
    Code,
}

impl Wanted {
    /// In the query of the engine's route.
    fn query(&self) -> Vec<(&'static str, &str)> {
        let field = self.field.map(|field| match field {
            Field::Email => "email",
            Field::Name => "name",
        });
        let standing = self.standing.map(|standing| match standing {
            Standing::All => "all",
            Standing::Active => "active",
            Standing::Suspended => "suspended",
        });
        let method = self.method.map(|means| match means {
            Means::All => "all",
            Means::Passkey => "passkey",
            Means::Account => "account",
            Means::Code => "code",
        });
        let texts = [
            ("text", self.text.as_deref()),
            ("field", field),
            ("standing", standing),
            ("method", method),
            ("created_from", self.created_from.as_deref()),
            ("created_to", self.created_to.as_deref()),
            ("seen_from", self.seen_from.as_deref()),
            ("seen_to", self.seen_to.as_deref()),
        ];
        texts.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
    }
}

/// Export a tenant's users
///
/// A table (RFC 4180) with a line for each, the newest first, that no spreadsheet takes for formulas. The tenant's log tells
/// who took it. One that ends without its last line break was cut off.
#[utoipa::path(get, path = "/tenants/{tenant}/users/export", tag = "Users",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop"), Wanted), responses(
    (status = 200, description = "The table", content_type = "text/csv", body = String),
))]
pub(super) async fn export(reading: Reading, Asked(wanted): Asked<Wanted>) -> Result<Response, Problem> {
    let query = wanted.query();
    // A form leaves fields empty; who writes an address means something.
    if let Some((name, _)) = query.iter().find(|(name, text)| *name != "text" && text.is_empty()) {
        return Err(Problem::invalid_query(format!(
            "`{name}` is empty: leave it out, or say a day such as 2026-11-26."
        )));
    }
    table(&reading.refused_as(Problem::invalid_query), &query).await
}

/// The table of whom the engine finds.
pub(super) async fn table(reading: &Reading, query: &[(&str, &str)]) -> Result<Response, Problem> {
    let target = {
        let mut target = url::form_urlencoded::Serializer::for_suffix(format!("{EXPORT}?"), EXPORT.len() + 1);
        target.extend_pairs(query).finish()
    };
    reading.stream(&target, "text/csv; charset=utf-8").await
}
