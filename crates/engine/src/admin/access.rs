//! Who asks, and whether they may.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::flow;
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
        let Permission { resource, action, code, message } = permission;
        if self.has(&state.settings.admin, &[(resource, vec![action])]) {
            return Ok(());
        }
        if let Self::User(current) = self {
            let event = Event {
                outcome: Outcome::Failure,
                ..Event::by(EventType::PermissionRefused, &current.user.id)
            };
            let event = event.detail(json!({ "permission": format!("{resource}.{action}") }));
            audit::record_alone(state, context, event).await?;
        }
        Err(ApiError::new(StatusCode::FORBIDDEN, code, message))
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

    /// How the caller is named in rows: the user's id, or `operator:` and the operator's name.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::User(current) => &current.user.id,
            Self::Operator(name) => name,
        }
    }

    /// An event of what the caller did to `subject`. If somebody else acts as the caller, it says who.
    pub(super) fn event<'a>(&'a self, kind: EventType, subject: &'a str, mut detail: Value) -> Event<'a> {
        if let Self::User(current) = self
            && let Some(by) = &current.session.impersonated_by
        {
            detail["impersonated_by"] = by.as_str().into();
        }
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
