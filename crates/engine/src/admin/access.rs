//! Who asks, and whether they may.

use axum::http::StatusCode;
use kiavi_db::Transaction;
use serde_json::{Value, json};

use super::{flow, store};
use crate::{
    AdminSettings, ApiError, Context, State,
    audit::{self, Event, EventType, Method, Outcome},
    session::{self, CurrentUser},
};

/// Something that only administrators may do: its name in Better Auth's access control, and how it is refused.
#[derive(Debug, Clone, Copy)]
pub(super) struct Permission {
    resource: &'static str,
    action: &'static str,
    code: &'static str,
    message: &'static str,
}

macro_rules! permissions {
    ($($name:ident: $resource:literal $action:literal, $code:literal, $message:literal;)*) => {
        $(pub(super) const $name: Permission =
            Permission { resource: $resource, action: $action, code: $code, message: $message };)*
    };
}

permissions! {
    LIST_USERS: "user" "list", "YOU_ARE_NOT_ALLOWED_TO_LIST_USERS", "You are not allowed to list users";
    GET_USER: "user" "get", "YOU_ARE_NOT_ALLOWED_TO_GET_USER", "You are not allowed to get user";
    CREATE_USERS: "user" "create", "YOU_ARE_NOT_ALLOWED_TO_CREATE_USERS", "You are not allowed to create users";
    UPDATE_USERS: "user" "update", "YOU_ARE_NOT_ALLOWED_TO_UPDATE_USERS", "You are not allowed to update users";
    SET_ROLE: "user" "set-role", "YOU_ARE_NOT_ALLOWED_TO_CHANGE_USERS_ROLE",
        "You are not allowed to change users role";
    SET_EMAIL: "user" "set-email", "YOU_ARE_NOT_ALLOWED_TO_SET_USERS_EMAIL",
        "You are not allowed to update users email";
    SET_EMAIL_OF_NAMED: "user" "impersonate-admins", "YOU_ARE_NOT_ALLOWED_TO_SET_USERS_EMAIL",
        "You are not allowed to update users email";
    BAN_USERS: "user" "ban", "YOU_ARE_NOT_ALLOWED_TO_BAN_USERS", "You are not allowed to ban users";
    IMPERSONATE_USERS: "user" "impersonate", "YOU_ARE_NOT_ALLOWED_TO_IMPERSONATE_USERS",
        "You are not allowed to impersonate users";
    IMPERSONATE_ADMINS: "user" "impersonate-admins", "YOU_CANNOT_IMPERSONATE_ADMINS",
        "You cannot impersonate admins";
    DELETE_USERS: "user" "delete", "YOU_ARE_NOT_ALLOWED_TO_DELETE_USERS", "You are not allowed to delete users";
    LIST_SESSIONS: "session" "list", "YOU_ARE_NOT_ALLOWED_TO_LIST_USERS_SESSIONS",
        "You are not allowed to list users sessions";
    REVOKE_SESSIONS: "session" "revoke", "YOU_ARE_NOT_ALLOWED_TO_REVOKE_USERS_SESSIONS",
        "You are not allowed to revoke users sessions";
}

/// Who calls an endpoint of this slice.
#[derive(Debug)]
pub(super) enum Caller {
    /// A signed-in user, administrator or not, as the database has them now.
    User(Box<CurrentUser>),
    /// An operator at the management door, who may do everything and is no user.
    Operator(String),
}

impl Caller {
    /// The caller of a request. The management door counts before any cookie.
    ///
    /// # Errors
    /// 401 without a body.
    pub(super) async fn of(state: &State, context: &Context) -> Result<Self, ApiError> {
        if let Some(operator) = context.operator() {
            return Ok(Self::Operator(format!("operator:{operator}")));
        }
        match session::find(state, context).await? {
            // A key of theirs does not stand for a person here.
            Some(current) if current.is_signed_in() => Ok(Self::User(Box::new(current))),
            _ => Err(ApiError::empty(StatusCode::UNAUTHORIZED)),
        }
    }

    /// The caller of a request, if they have `permission`.
    ///
    /// # Errors
    /// 401 without a body, 403 with the permission's code.
    pub(super) async fn with(
        permission: Permission,
        state: &State,
        context: &Context,
    ) -> Result<Self, ApiError> {
        let caller = Self::of(state, context).await?;
        caller.require(permission, state, context).await.map(|()| caller)
    }

    /// Refuses a caller who does not have `permission`, which is noted.
    ///
    /// # Errors
    /// 403 with the permission's code.
    pub(super) async fn require(
        &self,
        permission: Permission,
        state: &State,
        context: &Context,
    ) -> Result<(), ApiError> {
        if self.has(&state.settings.admin, &[(permission.resource, vec![permission.action])]) {
            return Ok(());
        }
        Err(self.refuse(permission, state, context).await)
    }

    /// The 403 for a caller who lacks `permission`, with its event.
    pub(super) async fn refuse(&self, permission: Permission, state: &State, context: &Context) -> ApiError {
        let Permission { resource, action, code, message } = permission;
        let error = ApiError::new(StatusCode::FORBIDDEN, code, message);
        let Self::User(current) = self else { return error };
        let (user_id, permission) = (&current.user.id, format!("{resource}.{action}"));
        // Whoever has signed up can ask again and again; one user's noise hides nobody else's.
        let who = format!("{permission}:{user_id}");
        let refusal = Event { outcome: Outcome::Failure, ..Event::by(EventType::PermissionRefused, user_id) };
        let event = refusal.detail(json!({ "permission": permission }));
        match audit::record_refusal(state, context, &who, event).await {
            Ok(()) => error,
            Err(fault) => fault.into(),
        }
    }

    /// Holds the caller to `permission` until the transaction ends: whoever bans, removes or demotes them waits for
    /// it, or this sees what they did. For what such an end of power must end too.
    ///
    /// # Errors
    /// 401 without a body when the session has ended meanwhile, 403 when the power has.
    pub(super) async fn hold(
        &self,
        permission: Permission,
        transaction: &Transaction,
        state: &State,
        context: &Context,
    ) -> Result<(), ApiError> {
        let Self::User(current) = self else { return Ok(()) };
        store::share_user(transaction, &current.user.id).await?;
        // A statement of its own sees what was committed while the lock was waited for.
        let user = store::user_of_session(transaction, &current.session.id).await?;
        let user = user.ok_or_else(|| ApiError::empty(StatusCode::UNAUTHORIZED))?;
        match flow::authorizes(
            &state.settings.admin,
            &user,
            &[(permission.resource, vec![permission.action])],
        ) {
            true => Ok(()),
            false => Err(self.refuse(permission, state, context).await),
        }
    }

    /// Whether the caller may do all of `requested`: resources with actions.
    pub(super) fn has(&self, settings: &AdminSettings, requested: &[(&str, Vec<&str>)]) -> bool {
        match self {
            Self::User(current) => flow::authorizes(settings, &current.user, requested),
            Self::Operator(_) => true,
        }
    }

    /// By what means the caller proved who they are.
    pub(super) fn method(&self) -> Method<'static> {
        match self {
            Self::User(_) => Method::Session,
            Self::Operator(_) => Method::Management,
        }
    }

    /// Whether the caller is this user.
    pub(super) fn is(&self, user_id: &str) -> bool {
        matches!(self, Self::User(current) if current.user.id == user_id)
    }

    /// Whether somebody else acts as the caller.
    pub(super) fn is_impersonated(&self) -> bool {
        matches!(self, Self::User(current) if current.session.impersonated_by.is_some())
    }

    /// How the caller is named in rows: the user's id, or `operator:` and the operator's name.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::User(current) => &current.user.id,
            Self::Operator(name) => name,
        }
    }

    /// An event of what the caller did to `subject`.
    pub(super) fn event<'a>(&'a self, kind: EventType, subject: &'a str, detail: Value) -> Event<'a> {
        let event = Event { actor: Some(self.name()), ..Event::new(kind, Outcome::Success) };
        event.about(subject).using(self.method()).detail(detail)
    }

    /// Notes what an operator looked at: to the tenant they are strangers. What the tenant's own administrators
    /// look at is not noted.
    pub(super) async fn note_look(
        &self,
        state: &State,
        context: &Context,
        kind: EventType,
        subject: Option<&str>,
        outcome: Outcome,
    ) -> Result<(), ApiError> {
        let Self::Operator(name) = self else { return Ok(()) };
        let event = Event { actor: Some(name), subject, ..Event::new(kind, outcome) };
        Ok(audit::record_alone(state, context, event.using(self.method())).await?)
    }
}
