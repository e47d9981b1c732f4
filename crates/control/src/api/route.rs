//! A route: its handler, its description, who may use it, and what it writes into the log. There is no other way to mount
//! one, so none is without a permission, a description or an event.

use axum::{
    handler::Handler,
    http::Method,
    routing::{MethodFilter, MethodRouter, on},
};
use utoipa::openapi::{HttpMethod, path::Operation};

use super::code::Code;
use crate::{Control, Permission, audit::Writes};

/// What a caller needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Nothing: anybody may ask.
    Public,
    /// This permission.
    Needs(Need),
    /// What the address below `/engine/` asks for: see [`super::engine::need`].
    Engine,
}

/// A permission, and whether a member has to prove to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) permission: Permission,
    pub(super) step_up: bool,
    /// Whether the tenant stays where and what it is, so that the console's own may have it done too.
    pub(super) stays: bool,
}

/// This permission is enough.
pub(super) const fn may(permission: Permission) -> Access {
    Access::Needs(Need { permission, step_up: false, stays: false })
}

/// This permission, and a fresh proof of being there.
pub(super) const fn may_with_proof(permission: Permission) -> Access {
    Access::Needs(Need { permission, step_up: true, stays: false })
}

/// The same, for what makes a copy and leaves the tenant where it is.
pub(super) const fn may_copy(permission: Permission) -> Access {
    Access::Needs(Need { permission, step_up: true, stays: true })
}

/// Through which doors a route is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// The local socket, and the console's host.
    Both,
    /// The local socket only: secrets travel there.
    Local,
}

/// What a route takes besides its path; each brings problems of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    Query,
    Json,
    JsonAndQuery,
    /// Something else, which it reads by itself.
    Stream,
}

/// One method at one address.
pub(super) struct Route {
    pub(super) method: Method,
    /// As axum writes it.
    pub(super) path: String,
    pub(super) access: Access,
    pub(super) writes: Writes,
    pub(super) door: Door,
    pub(super) takes: Takes,
    /// Whether a repetition by Idempotency-Key whose answer was lost is answered by the handler.
    pub(super) resumes: bool,
    /// Problems that are this route's own.
    pub(super) problems: &'static [Code],
    pub(super) operation: Operation,
    pub(super) handler: MethodRouter<Control>,
}

impl Route {
    /// A route with the method and the address that its description has.
    pub(super) fn new<P, H, T>(handler: H, _description: P, access: Access, writes: Writes) -> Self
    where
        P: utoipa::Path,
        H: Handler<T, Control>,
        T: 'static,
    {
        let (method, filter) = match P::methods().first() {
            Some(HttpMethod::Post) => (Method::POST, MethodFilter::POST),
            Some(HttpMethod::Put) => (Method::PUT, MethodFilter::PUT),
            Some(HttpMethod::Patch) => (Method::PATCH, MethodFilter::PATCH),
            Some(HttpMethod::Delete) => (Method::DELETE, MethodFilter::DELETE),
            _ => (Method::GET, MethodFilter::GET),
        };
        Self {
            method,
            path: P::path(),
            access,
            writes,
            door: Door::Both,
            takes: Takes::Nothing,
            resumes: false,
            problems: &[],
            operation: P::operation(),
            handler: on(filter, handler),
        }
    }

    /// The address as axum has it, when the description's cannot say that a parameter has slashes.
    pub(super) fn at(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    pub(super) fn local(self) -> Self {
        Self { door: Door::Local, ..self }
    }

    pub(super) fn takes(self, takes: Takes) -> Self {
        Self { takes, ..self }
    }

    pub(super) fn resumes(self) -> Self {
        Self { resumes: true, ..self }
    }

    pub(super) fn problems(self, problems: &'static [Code]) -> Self {
        Self { problems, ..self }
    }

    /// The address as a description has it.
    pub(super) fn described_path(&self) -> String {
        self.path.replace("{*", "{")
    }
}
