//! Statements of the `account` table.

use kiavi_db::{Database, DbError, Row, Sql, Transaction};

use super::Account;
use crate::social::LeftTokens;

pub(super) const STATEMENTS: &[&Sql] = &[&LIST_OF_USER, &LOCK_USER, &WAYS_IN_WITHOUT, &DELETE];

/// Accounts that a list shows, as in Better Auth.
const LIST_LIMIT: i64 = 100;

const LIST_OF_USER: Sql = Sql::new(
    "ACCOUNT_LIST_OF_USER",
    r#"SELECT id, "providerId", "accountId", "userId", scope, "createdAt", "updatedAt"
     FROM public.account WHERE "userId" = $1 ORDER BY "createdAt", id LIMIT $2"#,
);

/// Whoever takes a way in away from a user takes turns, so that two of them cannot each leave the other as the last.
const LOCK_USER: Sql =
    Sql::new("ACCOUNT_LOCK_USER", r#"SELECT FROM public."user" WHERE id = $1 FOR NO KEY UPDATE"#);

/// `$2` is the account that would go. Passwords open nothing here, so an account of them is no way in.
const WAYS_IN_WITHOUT: Sql = Sql::new(
    "ACCOUNT_WAYS_IN_WITHOUT",
    r#"SELECT
       (SELECT count(*) FROM public.account WHERE "userId" = u.id),
       EXISTS (SELECT FROM public.account WHERE "userId" = u.id AND id = $2),
       u."emailVerified"
         OR EXISTS (SELECT FROM public.passkey WHERE "userId" = u.id)
         OR EXISTS (SELECT FROM public.account
                    WHERE "userId" = u.id AND id <> $2 AND "providerId" <> 'credential')
     FROM public."user" u WHERE u.id = $1"#,
);

const DELETE: Sql = Sql::new(
    "ACCOUNT_DELETE",
    r#"DELETE FROM public.account WHERE id = $1 AND "userId" = $2 RETURNING "providerId", "refreshToken", "accessToken""#,
);

fn account(row: &Row) -> Result<Account, DbError> {
    Ok(Account {
        id: row.try_get(0)?,
        provider_id: row.try_get(1)?,
        account_id: row.try_get(2)?,
        user_id: row.try_get(3)?,
        scope: row.try_get(4)?,
        created_at: row.try_get(5)?,
        updated_at: row.try_get(6)?,
    })
}

/// A user's accounts, the oldest first.
pub(crate) async fn list(database: &Database, user_id: &str) -> Result<Vec<Account>, DbError> {
    database.query(&LIST_OF_USER, &[&user_id, &LIST_LIMIT]).await?.iter().map(account).collect()
}

/// What a user would be left with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct WaysIn {
    /// How many accounts there are now.
    pub(super) accounts: i64,
    /// Whether the named one is among them.
    pub(super) is_own: bool,
    /// Whether something remains to sign in with.
    pub(super) remains: bool,
}

/// What `user_id` could sign in with but for one account. Holds until the transaction ends.
pub(super) async fn lock_ways_in(
    transaction: &Transaction,
    user_id: &str,
    account_id: &str,
) -> Result<WaysIn, DbError> {
    transaction.execute(&LOCK_USER, &[&user_id]).await?;
    let Some(row) = transaction.query_opt(&WAYS_IN_WITHOUT, &[&user_id, &account_id]).await? else {
        return Ok(WaysIn::default());
    };
    Ok(WaysIn { accounts: row.try_get(0)?, is_own: row.try_get(1)?, remains: row.try_get(2)? })
}

/// Removes an account of the user; what it left, if there was one.
pub(super) async fn delete(
    transaction: &Transaction,
    id: &str,
    user_id: &str,
) -> Result<Option<LeftTokens>, DbError> {
    let row = transaction.query_opt(&DELETE, &[&id, &user_id]).await?;
    row.map(|row| {
        Ok(LeftTokens { provider: row.try_get(0)?, refresh: row.try_get(1)?, access: row.try_get(2)? })
    })
    .transpose()
}
