//! Which request writes what: every route with the one event that a success of it writes, the one that a refusal writes, and
//! what follows from either; or the reason why it writes none.
//!
//! Tests hold it to the routes that are mounted, and every request of every test to its line.

use EventType as E;

use super::EventType;

/// What one route writes.
#[derive(Debug, Clone, Copy)]
pub struct Coverage {
    /// The request's method.
    pub method: &'static str,
    /// The route, with its parameters in braces.
    pub path: &'static str,
    /// What a success writes.
    pub success: Success,
    /// What a refusal writes, instead of one of [`REFUSALS`], where the route knows more to say: exactly one, the first of
    /// these that is written. What stands behind it may follow from it.
    pub refused: &'static [EventType],
    /// What follows from a success or a refusal, and may be written besides.
    pub besides: &'static [EventType],
}

/// What a success writes.
#[derive(Debug, Clone, Copy)]
pub enum Success {
    /// Nothing, for this reason.
    Nothing(&'static str),
    /// Exactly one: the first of these that is written. What stands behind it may follow from it.
    One(&'static [EventType]),
    /// Exactly one of these, except in this case, in which nothing has changed.
    OneUnless(&'static [EventType], &'static str),
    /// One for each thing that it changes, except in this case, in which there is none.
    Each(&'static [EventType], &'static str),
}

/// What any refusal may write, exactly one, where its route has nothing of its own to say: of a limit, of a captcha, of the API
/// key that a request shows, of anything else. A route that only reads writes the first three.
pub const REFUSALS: &[EventType] =
    &[E::RequestRefused, E::RateLimitExceeded, E::CaptchaRefused, E::ApiKeyRefused];

/// What requests of any kind may write besides: of a spent API key that they show, of the key that signs the token beside an
/// answer, and who asked at the management door.
pub const ANYWHERE: &[EventType] =
    &[E::ApiKeyDeleted, E::SigningKeyCreated, E::SigningKeyRotated, E::ManagementRequested];

/// What may follow from a sign-in.
const SIGN_IN: &[EventType] = &[
    E::SessionCreated,
    E::SessionRevoked,
    E::UserCreated,
    E::UserUnbanned,
    E::RecoveryStarted,
    E::RecoveryEnded,
    E::EmailVerified,
    E::UnprovenAccessRevoked,
];

/// The same where it links the account at a provider that waited for it.
const SIGN_IN_LINKING: &[EventType] = &[
    E::SessionCreated,
    E::SessionRevoked,
    E::UserCreated,
    E::UserUnbanned,
    E::RecoveryStarted,
    E::EmailVerified,
    E::UnprovenAccessRevoked,
    E::AccountLinked,
];

const fn reads(method: &'static str, path: &'static str, because: &'static str) -> Coverage {
    Coverage { method, path, success: Success::Nothing(because), refused: &[], besides: &[] }
}

/// A success writes exactly one of these.
const fn writes(method: &'static str, path: &'static str, success: &'static [EventType]) -> Coverage {
    Coverage { method, path, success: Success::One(success), refused: &[], besides: &[] }
}

impl Coverage {
    /// A success writes nothing in this case.
    const fn unless(self, case: &'static str) -> Self {
        let success = match self.success {
            Success::Nothing(_) => Success::Nothing(case),
            _ => Success::OneUnless(self.events(), case),
        };
        Self { success, ..self }
    }

    /// A success writes one for each thing that it changes, and nothing in this case.
    const fn each(self, case: &'static str) -> Self {
        Self { success: Success::Each(self.events(), case), ..self }
    }

    const fn refused(self, refused: &'static [EventType]) -> Self {
        Self { refused, ..self }
    }

    const fn besides(self, besides: &'static [EventType]) -> Self {
        Self { besides, ..self }
    }

    /// The events of which a success writes one.
    pub const fn events(&self) -> &'static [EventType] {
        match self.success {
            Success::Nothing(_) => &[],
            Success::One(kinds) | Success::OneUnless(kinds, _) | Success::Each(kinds, _) => kinds,
        }
    }

    /// Whether neither its success nor its refusal is worth an event.
    pub const fn only_reads(&self) -> bool {
        matches!(self.success, Success::Nothing(_)) && self.refused.is_empty()
    }

    /// Whether this event says that the request was refused.
    pub(super) fn tells_refusal(&self, kind: EventType) -> bool {
        self.refused.contains(&kind) || REFUSALS.contains(&kind)
    }
}

/// The line of a route that is mounted.
pub(super) fn line(method: &str, route: &str) -> Option<&'static Coverage> {
    COVERAGE.iter().find(|line| line.path == route && line.method == method)
}

/// Every route.
pub const COVERAGE: &[Coverage] = &[
    reads("GET", "/api/auth/ok", "says that the tenant is there"),
    reads("GET", "/api/auth/error", "leads to a page"),
    reads(
        "GET",
        "/api/auth/get-session",
        "a read of one's own session; extending it changes nothing for anybody",
    ),
    reads("POST", "/api/auth/get-session", "as the GET, which may extend the session"),
    reads("POST", "/api/auth/update-session", "no field of a session may be changed"),
    writes("POST", "/api/auth/sign-out", &[E::SessionRevoked]).each("nobody was signed in"),
    reads("GET", "/api/auth/list-sessions", "a read of one's own"),
    writes("POST", "/api/auth/revoke-session", &[E::SessionRevoked]).unless("there was none"),
    writes("POST", "/api/auth/revoke-sessions", &[E::SessionRevoked]).unless("there was none"),
    writes("POST", "/api/auth/revoke-other-sessions", &[E::SessionRevoked]).unless("there was none"),
    writes("POST", "/api/auth/update-user", &[E::UserUpdated]),
    writes("POST", "/api/auth/delete-user", &[E::UserDeleted, E::UserDeletionRequested])
        .besides(&[E::SessionRevoked, E::UserErased]),
    writes("GET", "/api/auth/delete-user/callback", &[E::UserDeleted])
        .unless("it leads to the page that asks")
        .besides(&[E::SessionRevoked, E::UserErased]),
    reads("GET", "/api/auth/list-accounts", "a read of one's own"),
    writes("POST", "/api/auth/unlink-account", &[E::AccountUnlinked]),
    writes("POST", "/api/auth/email-otp/send-verification-otp", &[E::CodeRequested]),
    reads("POST", "/api/auth/email-otp/check-verification-otp", "says that a code is right and leaves it")
        .refused(&[E::CodeRefused]),
    writes("POST", "/api/auth/email-otp/verify-email", &[E::CodeAccepted])
        .refused(&[E::CodeRefused, E::SessionRefused])
        .besides(SIGN_IN),
    writes("POST", "/api/auth/sign-in/email-otp", &[E::SessionCreated])
        .refused(&[E::CodeRefused, E::SessionRefused])
        .besides(SIGN_IN),
    writes("POST", "/api/auth/email-otp/request-email-change", &[E::CodeRequested])
        .refused(&[E::CodeRefused])
        .besides(&[E::CodeAccepted]),
    writes("POST", "/api/auth/email-otp/change-email", &[E::EmailChanged])
        .refused(&[E::CodeRefused])
        .besides(&[E::CodeAccepted]),
    writes("POST", "/api/auth/change-email", &[E::CodeRequested]),
    reads("GET", "/api/auth/passkey/generate-register-options", "a challenge gives nothing to anybody"),
    writes("POST", "/api/auth/passkey/verify-registration", &[E::PasskeyCreated])
        .refused(&[E::PasskeyRefused, E::SessionRefused])
        .besides(SIGN_IN),
    reads("GET", "/api/auth/passkey/generate-authenticate-options", "a challenge gives nothing to anybody"),
    writes("POST", "/api/auth/passkey/verify-authentication", &[E::SessionCreated])
        .refused(&[E::PasskeyRefused, E::PasskeyCounterRegressed, E::SessionRefused])
        .besides(SIGN_IN),
    reads("GET", "/api/auth/passkey/list-user-passkeys", "a read of one's own"),
    writes("POST", "/api/auth/passkey/update-passkey", &[E::PasskeyUpdated]),
    writes("POST", "/api/auth/passkey/delete-passkey", &[E::PasskeyDeleted]),
    writes("GET", "/api/auth/admin/list-users", &[E::UsersListed])
        .unless("an administrator of the tenant looked")
        .refused(&[E::PermissionRefused, E::UsersListed]),
    writes("GET", "/api/auth/admin/get-user", &[E::UserViewed])
        .unless("an administrator of the tenant looked")
        .refused(&[E::PermissionRefused, E::UserViewed]),
    writes("GET", "/api/auth/admin/view-user", &[E::UserViewed]).refused(&[E::UserViewed]),
    writes("GET", "/api/auth/admin/export-user", &[E::UserExported]).refused(&[E::UserExported]),
    writes("GET", "/api/auth/admin/find-users", &[E::UsersListed]),
    writes("GET", "/api/auth/admin/export-users", &[E::UsersExported]),
    writes("POST", "/api/auth/admin/ban-users", &[E::UserBanned]).each("none of them is there"),
    writes("POST", "/api/auth/admin/unban-users", &[E::UserUnbanned]).each("none of them was suspended"),
    writes("POST", "/api/auth/admin/revoke-sessions-of-users", &[E::SessionRevoked])
        .each("none of them was signed in"),
    writes("POST", "/api/auth/admin/remove-users", &[E::UserDeleted])
        .each("none of them is there")
        .besides(&[E::UserErased]),
    writes("POST", "/api/auth/admin/create-user", &[E::UserCreated]).refused(&[E::PermissionRefused]),
    writes("POST", "/api/auth/admin/update-user", &[E::UserUpdated]).refused(&[E::PermissionRefused]),
    writes("POST", "/api/auth/admin/set-role", &[E::RoleChanged]).refused(&[E::PermissionRefused]),
    writes("POST", "/api/auth/admin/ban-user", &[E::UserBanned]).refused(&[E::PermissionRefused]),
    writes("POST", "/api/auth/admin/unban-user", &[E::UserUnbanned]).refused(&[E::PermissionRefused]),
    writes("POST", "/api/auth/admin/remove-user", &[E::UserDeleted])
        .refused(&[E::PermissionRefused])
        .besides(&[E::UserErased]),
    reads("POST", "/api/auth/admin/has-permission", "a read of one's own"),
    writes("POST", "/api/auth/admin/impersonate-user", &[E::ImpersonationStarted, E::UserUnbanned])
        .refused(&[E::SessionRefused, E::PermissionRefused, E::ImpersonationRefused]),
    writes("POST", "/api/auth/admin/stop-impersonating", &[E::ImpersonationStopped]),
    writes("GET", "/api/auth/admin/view-sessions", &[E::SessionsListed]),
    writes("POST", "/api/auth/admin/list-user-sessions", &[E::SessionsListed])
        .unless("an administrator of the tenant looked")
        .refused(&[E::PermissionRefused, E::SessionsListed]),
    writes("POST", "/api/auth/admin/revoke-user-session", &[E::SessionRevoked])
        .unless("there was none")
        .refused(&[E::PermissionRefused]),
    writes("POST", "/api/auth/admin/revoke-user-sessions", &[E::SessionRevoked])
        .unless("there was none")
        .refused(&[E::PermissionRefused]),
    reads("POST", "/api/auth/sign-in/email", "there are no passwords, so nothing is tried"),
    reads("POST", "/api/auth/sign-up/email", "there are no passwords, so nothing is tried"),
    reads("POST", "/api/auth/request-password-reset", "there are no passwords, so nothing is tried"),
    reads("POST", "/api/auth/reset-password", "there are no passwords, so nothing is tried"),
    reads("POST", "/api/auth/change-password", "there are no passwords, so nothing is tried"),
    reads("POST", "/api/auth/verify-password", "there are no passwords, so nothing is tried"),
    reads("POST", "/api/auth/send-verification-email", "there are no passwords, so nothing is tried"),
    reads("GET", "/api/auth/reset-password/{token}", "there are no passwords, so nothing is tried"),
    reads("GET", "/api/auth/verify-email", "there are no such links, so nothing is tried"),
    reads("GET", "/api/auth/multi-session/list-device-sessions", "a read of one's own"),
    writes("POST", "/api/auth/multi-session/set-active", &[E::SessionSwitched]),
    writes("POST", "/api/auth/multi-session/revoke", &[E::SessionRevoked]).unless("it had ended meanwhile"),
    writes("GET", "/api/auth/one-time-token/generate", &[E::OneTimeTokenCreated]),
    writes("POST", "/api/auth/one-time-token/verify", &[E::OneTimeTokenAccepted])
        .refused(&[E::OneTimeTokenRefused])
        .besides(&[E::SessionRevoked]),
    writes("POST", "/api/auth/sign-in/magic-link", &[E::LinkRequested]),
    writes("GET", "/api/auth/magic-link/verify", &[E::LinkAccepted])
        .unless("it leads to the page that asks")
        .refused(&[E::LinkRefused, E::SessionRefused])
        .besides(SIGN_IN),
    writes("POST", "/api/auth/api-key/create", &[E::ApiKeyCreated]),
    reads("GET", "/api/auth/api-key/get", "a read of one's own"),
    reads("GET", "/api/auth/api-key/list", "a read of one's own"),
    writes("POST", "/api/auth/api-key/update", &[E::ApiKeyUpdated]),
    writes("POST", "/api/auth/api-key/delete", &[E::ApiKeyDeleted]),
    reads("POST", "/api/auth/api-key/verify", "uses of a good key are counted in its row")
        .refused(&[E::ApiKeyRefused]),
    reads("GET", "/api/auth/jwks", "the same for everybody"),
    reads(
        "GET",
        "/api/auth/token",
        "a token changes nothing, and a row for each would cost more than the token",
    ),
    writes("POST", "/api/auth/sign-in/social", &[E::SessionCreated, E::AccountLinked])
        .unless("it leads to the provider")
        .refused(&[E::AccountRefused, E::SessionRefused])
        .besides(SIGN_IN),
    writes("POST", "/api/auth/link-social", &[E::AccountLinked])
        .unless("it leads to the provider, or was linked")
        .refused(&[E::AccountRefused]),
    writes("POST", "/api/auth/one-tap/callback", &[E::SessionCreated, E::AccountLinked])
        .refused(&[E::AccountRefused, E::SessionRefused])
        .besides(SIGN_IN),
    reads("POST", "/api/auth/get-access-token", "one's own token, renewed at its provider"),
    reads("POST", "/api/auth/refresh-token", "one's own token, renewed at its provider"),
    reads("GET", "/api/auth/account-info", "a read of one's own"),
    writes("GET", "/api/auth/callback/{id}", &[E::SessionCreated, E::AccountLinked])
        .unless("it was linked, or a sign-in has to prove it first")
        .refused(&[E::AccountRefused, E::SessionRefused])
        .besides(SIGN_IN),
    reads("POST", "/api/auth/callback/{id}", "hands the provider's answer to the GET"),
    reads("GET", "/api/auth/captcha/challenge", "a challenge gives nothing to anybody"),
    reads("POST", "/api/auth/social/test", "`management.requested` says who tried it"),
    reads("POST", "/api/auth/mail/preview", "a read of the settings"),
    reads("POST", "/api/auth/mail/template", "our words, the same for everybody"),
    reads("POST", "/api/auth/mail/test", "`management.requested` says who tried it"),
    reads("GET", "/api/auth/mail/deliveries", "`management.requested` says who looked"),
    reads(
        "POST",
        "/api/auth/mail/retry",
        "`management.requested` says who asked; what will be tried anyway is tried now",
    ),
    reads("GET", "/api/auth/mail/suppressions", "`management.requested` says who looked"),
    writes("POST", "/api/auth/mail/unsuppress", &[E::MailUnsuppressed]).unless("it was not on the list"),
    reads("GET", "/api/auth/security/limits", "`management.requested` says who looked"),
    reads("GET", "/api/auth/security/lock-outs", "`management.requested` says who looked"),
    reads("GET", "/api/auth/security/dry-run", "`management.requested` says who looked"),
    writes("POST", "/api/auth/security/unlock", &[E::RateLimitLifted]).unless("no limit kept them out"),
    reads("GET", "/api/auth/webhook/endpoints", "`management.requested` says who looked"),
    writes("POST", "/api/auth/webhook/enable", &[E::WebhookEnabled]).unless("it was not disabled"),
    reads("GET", "/api/auth/webhook/deliveries", "`management.requested` says who looked"),
    reads("GET", "/api/auth/webhook/delivery", "`management.requested` says who looked"),
    writes("POST", "/api/auth/webhook/replay", &[E::WebhookReplayed]).unless("there was nothing to send"),
    reads("POST", "/api/auth/webhook/test", "`management.requested` says who tried it"),
    reads("GET", "/api/auth/audit/events", "`management.requested` says who looked"),
    writes("GET", "/api/auth/audit/events/export", &[E::LogExported]),
    reads("GET", "/api/auth/audit/events/live", "`management.requested` says who looked"),
    reads("GET", "/api/auth/analytics", "`management.requested` says who looked"),
    reads("GET", "/api/auth/analytics/live", "`management.requested` says who looked"),
    reads("GET", "/api/auth/analytics/rebuild", "`management.requested` says who looked"),
    reads(
        "POST",
        "/api/auth/analytics/rebuild",
        "`management.requested` says who asked; it changes no figure",
    ),
    reads("GET", "/", "a page"),
    reads("GET", "/sign-in", "a page"),
    reads("GET", "/sign-in/code", "a page"),
    reads("GET", "/sign-in/link", "a page"),
    reads("GET", "/sign-in/done", "a page"),
    reads("GET", "/sign-in/failed", "a page"),
    reads("GET", "/sign-in/connect", "a page"),
    reads("GET", "/sign-out", "a page"),
    reads("GET", "/account", "a page"),
    reads("GET", "/account/delete", "a page"),
    reads("GET", "/account/email", "a page"),
    reads("GET", "/account/accounts/failed", "a page"),
    reads("GET", "/_kiavi/assets/{name}", "the same for everybody"),
    reads("GET", "/_kiavi/brand/{name}", "the same for everybody"),
    reads("GET", "/.well-known/webauthn", "the same for everybody"),
    reads("GET", "/.well-known/passkey-endpoints", "the same for everybody"),
    reads("GET", "/sign-in/passkey", "a page"),
    reads("GET", "/sign-in/acting", "a page"),
    writes("POST", "/sign-in/acting", &[E::ImpersonationStarted])
        .refused(&[E::SessionRefused, E::ImpersonationRefused])
        .besides(&[E::ImpersonationStopped, E::UserUnbanned]),
    writes("GET", "/sign-in/console", &[E::ConsoleCodeCreated]).unless("it leads to the sign-in"),
    writes("POST", "/sign-in", &[E::CodeRequested]),
    writes("POST", "/sign-in/code", &[E::SessionCreated])
        .refused(&[E::CodeRefused, E::AccountRefused, E::SessionRefused])
        .besides(SIGN_IN_LINKING),
    writes("POST", "/sign-in/code/resend", &[E::CodeRequested]),
    writes("POST", "/sign-in/link", &[E::LinkAccepted])
        .refused(&[E::LinkRefused, E::AccountRefused, E::SessionRefused])
        .besides(SIGN_IN_LINKING),
    reads("POST", "/sign-in/passkey", "remembers in the browser that somebody wants none"),
    reads("POST", "/sign-in/social", "leads to the provider").refused(&[E::AccountRefused]),
    writes("POST", "/sign-in/connect", &[E::CodeRequested]),
    writes("POST", "/sign-in/connect/confirm", &[E::AccountLinked])
        .unless("a proof is missing")
        .refused(&[E::AccountRefused]),
    reads("POST", "/sign-in/connect/cancel", "nothing waits in the browser any more")
        .refused(&[E::AccountRefused]),
    writes("POST", "/sign-out", &[E::SessionRevoked]).each("nobody was signed in"),
    writes("POST", "/account/delete", &[E::UserDeleted, E::UserDeletionRequested])
        .besides(&[E::SessionRevoked, E::UserErased]),
    writes("POST", "/account/email", &[E::CodeRequested]).unless("it leads to the sign-in"),
    writes("POST", "/account/email/code", &[E::EmailChanged])
        .unless("it leads to the sign-in")
        .refused(&[E::CodeRefused])
        .besides(&[E::CodeAccepted]),
    writes("POST", "/account/email/resend", &[E::CodeRequested]).unless("it leads to the sign-in"),
    reads("POST", "/account/email/cancel", "forgets in the browser what was typed"),
    writes("POST", "/account/export", &[E::UserExported]),
    writes("POST", "/account/profile", &[E::UserUpdated]),
    writes("POST", "/account/stop-acting", &[E::ImpersonationStopped]).unless("nobody acted as anybody"),
    reads("POST", "/account/accounts/link", "leads to the provider").refused(&[E::AccountRefused]),
    writes("POST", "/account/accounts/unlink", &[E::AccountUnlinked]),
    writes("POST", "/account/passkeys/rename", &[E::PasskeyUpdated]),
    writes("POST", "/account/passkeys/remove", &[E::PasskeyDeleted]),
    writes("POST", "/account/sessions/revoke", &[E::SessionRevoked]).unless("there was none"),
    writes("POST", "/account/sessions/revoke-others", &[E::SessionRevoked]).unless("there was none"),
    writes("POST", "/management/settings-changed", &[E::SettingsChanged]),
    writes("POST", "/management/acting", &[E::ImpersonationOffered]).refused(&[E::ImpersonationRefused]),
    writes("POST", "/management/console/redeem", &[E::ConsoleCodeAccepted]).refused(&[E::ConsoleCodeRefused]),
    reads("POST", "/management/console/session", "control asks every few seconds whether it lives"),
    writes("POST", "/management/console/sign-out", &[E::SessionRevoked]).unless("it had ended"),
    writes("POST", "/management/console/invite", &[E::ConsoleInvitationSent]),
    reads("GET", "/api/auth/audit/streams", "`management.requested` says who looked"),
    reads(
        "POST",
        "/api/auth/audit/streams/retry",
        "`management.requested` says who asked; what will be tried anyway is tried now",
    ),
    writes("POST", "/api/auth/audit/streams/move", &[E::StreamMoved]),
    reads("GET", "/management/log/checkpoint", "what is sealed, in which everything personal is encrypted"),
    reads("GET", "/management/log/checkpoints", "what was signed of the log, in which nothing is personal"),
    reads("GET", "/management/log/pruned", "what is no longer kept, as the log itself says"),
    reads("GET", "/management/log/tile/{*path}", "what is sealed, in which everything personal is encrypted"),
    reads(
        "GET",
        "/management/log/proof/{event}",
        "what is sealed, in which everything personal is encrypted",
    ),
];
