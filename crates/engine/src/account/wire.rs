//! JSON of accounts.

use jiff::Timestamp;
use serde::Serialize;

use super::Account;
use crate::{ApiError, iso_milliseconds};

/// An account as its owner is told of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountView<'a> {
    id: &'a str,
    provider_id: &'a str,
    account_id: &'a str,
    user_id: &'a str,
    #[serde(serialize_with = "iso_milliseconds")]
    created_at: Timestamp,
    #[serde(serialize_with = "iso_milliseconds")]
    updated_at: Timestamp,
    scopes: Vec<&'a str>,
}

impl<'a> From<&'a Account> for AccountView<'a> {
    fn from(account: &'a Account) -> Self {
        let scope = account.scope.as_deref().unwrap_or_default();
        Self {
            id: &account.id,
            provider_id: &account.provider_id,
            account_id: &account.account_id,
            user_id: &account.user_id,
            created_at: account.created_at,
            updated_at: account.updated_at,
            scopes: scope.split(',').map(str::trim).filter(|scope| !scope.is_empty()).collect(),
        }
    }
}

/// An array; tokens and passwords are not in it.
pub(super) fn list(accounts: &[Account]) -> Result<Vec<u8>, ApiError> {
    let told: Vec<AccountView<'_>> = accounts.iter().map(AccountView::from).collect();
    serde_json::to_vec(&told).map_err(ApiError::internal)
}

/// 400 `ACCOUNT_NOT_FOUND`.
pub(super) fn not_found() -> ApiError {
    ApiError::bad_request("ACCOUNT_NOT_FOUND", "Account not found")
}

/// 400 `FAILED_TO_UNLINK_LAST_ACCOUNT`.
pub(super) fn last_account() -> ApiError {
    ApiError::bad_request("FAILED_TO_UNLINK_LAST_ACCOUNT", "You can't unlink your last account")
}
