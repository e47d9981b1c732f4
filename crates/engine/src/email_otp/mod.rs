//! One-time codes by e-mail.
//!
//! A code is asked for ([`send_code`]): after the limits of network and address, one transaction writes the code's
//! keyed hash, the letter that carries it, and the event. Known and unknown addresses get the same answer after
//! the same steps; only the letter is left out where nobody may have one.
//!
//! A code is tried: one statement takes the row, so a code works once, however many try it at a time. A wrong
//! try puts the row back with one more attempt and is paid from the address's budget of guesses, which new codes
//! do not refill; a right one goes on in the same transaction to whatever it was for ([`sign_in`]).

mod actions;
mod change;
mod flow;
mod redeem;
mod routes;

use std::time::Duration;

use axum::{Router, routing::post};

pub(crate) use actions::{Newcomer, Proof, limit_mails, prove_address, user_of_proved_address};
pub use actions::{SignIn, SignedIn, send_code, sign_in};
pub(crate) use change::{change_address, request_change};

use crate::State;

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/email-otp/send-verification-otp", post(routes::send_verification_otp))
        .route("/email-otp/check-verification-otp", post(routes::check_verification_otp))
        .route("/email-otp/verify-email", post(routes::verify_email))
        .route("/sign-in/email-otp", post(routes::sign_in_email_otp))
        .route("/email-otp/request-email-change", post(change::request_email_change))
        .route("/email-otp/change-email", post(change::change_email))
        .route("/change-email", post(change::change_email_by_code))
}

/// What a code is for. It is part of the row's identifier and of the hash: a code for one purpose is noise for
/// every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodePurpose<'a> {
    /// To sign in or up.
    SignIn,
    /// To prove the address of an existing user.
    EmailVerification,
    /// Better Auth's third kind; nothing here redeems it.
    ForgetPassword,
    /// To move this user to the address it is sent to.
    ChangeEmail {
        /// Who moves.
        user_id: &'a str,
    },
}

impl CodePurpose<'_> {
    /// The row's identifier, as Better Auth forms it.
    fn identifier(self, email: &str) -> String {
        match self {
            Self::SignIn => format!("sign-in-otp-{email}"),
            Self::EmailVerification => format!("email-verification-otp-{email}"),
            Self::ForgetPassword => format!("forget-password-otp-{email}"),
            Self::ChangeEmail { user_id } => format!("change-email-otp-{user_id}:{email}"),
        }
    }

    /// The stable name in events.
    const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::EmailVerification => "email-verification",
            Self::ForgetPassword => "forget-password",
            Self::ChangeEmail { .. } => "change-email",
        }
    }
}

fn code_life(state: &State) -> Duration {
    Duration::from_secs(state.settings.email_otp.expires_in_seconds.into())
}

#[cfg(test)]
mod tests;
