//! Statements of a deletion, besides those of the slices that own what goes with the user.

use kiavi_db::{DbError, Sql, Transaction};

use crate::user::User;

pub(super) const STATEMENTS: &[&Sql] = &[&DELETE_PROOFS, &DELETE_USER];

/// `$1` the user's id, `$2` their address. Every identifier that names one of them, and every value that does.
const DELETE_PROOFS: Sql = Sql::new(
    "USER_DELETE_PROOFS",
    r#"DELETE FROM public.verification WHERE
       identifier IN ('sign-in-otp-' || $2, 'email-verification-otp-' || $2, 'forget-password-otp-' || $2)
       OR starts_with(identifier, 'change-email-otp-' || $1 || ':')
       OR starts_with(identifier, 'delete-account-') AND value = $1
       OR starts_with(identifier, 'pending-link:') AND starts_with(value, $1 || ':')
       OR starts_with(identifier, 'magic-link:') AND strpos(value, '"email":' || to_json($2::text)::text) > 0
       OR starts_with(identifier, 'one-time-token:')
         AND value IN (SELECT token FROM public.session WHERE "userId" = $1)"#,
);

/// Sessions, accounts and passkeys go with it.
const DELETE_USER: Sql = Sql::new("USER_DELETE", r#"DELETE FROM public."user" WHERE id = $1"#).watched();

/// Removes a user's waiting proofs.
pub(super) async fn delete_proofs(transaction: &Transaction, user: &User) -> Result<(), DbError> {
    transaction.execute(&DELETE_PROOFS, &[&user.id, &user.email]).await.map(drop)
}

/// Removes the user; whether there was one.
pub(super) async fn delete(transaction: &Transaction, user_id: &str) -> Result<bool, DbError> {
    Ok(transaction.execute(&DELETE_USER, &[&user_id]).await? > 0)
}
