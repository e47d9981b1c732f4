//! Statements of the `apikey` table.

use kiavi_db::{DbError, Sql, Transaction};

pub(super) const STATEMENTS: &[&Sql] = &[&DELETE_BY_OWNER];

/// Better Auth's table has no foreign key to users, so whoever removes one calls this.
const DELETE_BY_OWNER: Sql =
    Sql::new("API_KEY_DELETE_BY_OWNER", r#"DELETE FROM public.apikey WHERE "referenceId" = $1"#);

/// Removes every key of a user, in the transaction that removes the user; how many there were.
///
/// # Errors
/// Those of the statement.
pub async fn delete_by_owner(transaction: &Transaction, user_id: &str) -> Result<u64, DbError> {
    transaction.execute(&DELETE_BY_OWNER, &[&user_id]).await
}
