//! The engine as its process holds it.

use std::{sync::Arc, time::Duration};

use axum::{Router, middleware::from_fn_with_state, routing::any};
use kiavi_base::{Clock, Rng};
use kiavi_crypto::TenantSecret;
use kiavi_db::Database;
use kiavi_geo::Places;
use kiavi_http::{AccessLog, Drain, InvalidOrigin, TrustedOrigins};
use kiavi_ipc::metrics::StreamsReport;
use kiavi_pages::Brand;
use tokio::sync::Notify;

use crate::{
    Busy, CookieNames, MailDoor, Settings, SettingsError, State, abuse, account, admin,
    analytics::{self, Analytics},
    api_key,
    audit::{self, Log},
    context::{api_context, not_found},
    egress::HttpClient,
    email_otp,
    gate::api_gate,
    hosted, jwt, magic_link, mail, management, meta, moved, multi_session, one_time_token, outbox, passkey,
    password,
    rate_limit::MemoryLimiter,
    room::Room,
    security,
    session::{self, KeptSessions},
    social,
    state::{Keys, Shared},
    stream::{self, Streams},
    user,
    webhook::{self, Webhooks},
};

/// The base path of the API, as Better Auth's.
pub(crate) const API: &str = "/api/auth";
const API_WITH_SLASH: &str = "/api/auth/";

/// What an engine is a function of.
pub struct EngineParts {
    /// The tenant's settings.
    pub settings: Settings,
    /// The tenant's secret.
    pub secret: TenantSecret,
    /// The tenant's database as its runtime role.
    pub database: Database,
    /// The way out for mail.
    pub mail: Arc<dyn MailDoor>,
    /// The way out for HTTPS.
    pub egress: Arc<dyn HttpClient>,
    /// What knows where addresses are.
    pub places: Places,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub rng: Arc<dyn Rng>,
    /// Where requests are counted and logged.
    pub access: Arc<AccessLog>,
}

/// The parts do not make an engine.
#[derive(Debug, thiserror::Error)]
pub enum InvalidParts {
    /// The settings are wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The base URL is no origin.
    #[error(transparent)]
    Origin(#[from] InvalidOrigin),
}

/// One tenant's engine. Cloning shares everything.
#[derive(Clone)]
pub struct Engine {
    state: State,
}

impl Engine {
    /// Puts an engine together. Does no I/O.
    ///
    /// # Errors
    /// When the settings do not validate.
    pub fn new(parts: EngineParts) -> Result<Self, InvalidParts> {
        let EngineParts { settings, secret, database, mail, egress, places, clock, rng, access } = parts;
        settings.validate()?;
        let origins = TrustedOrigins::new(settings.base_url.origin(), settings.trusted_origins.clone())?;
        let state = State::new(Shared {
            origins,
            cookies: CookieNames::new(&settings),
            brand: Arc::new(Brand::new(&settings.branding)),
            busy: Busy::default(),
            keys: Keys::new(&secret),
            limiter: MemoryLimiter::default(),
            room: Room::default(),
            kept_sessions: KeptSessions::default(),
            api_keys: api_key::Budget::new(&database),
            outbox_signal: Notify::new(),
            jwt: jwt::Memory::default(),
            social: social::Directory::default(),
            webhooks: Webhooks::new(&settings.webhooks),
            streams: Streams::new(&settings.audit.streams),
            log: Log::default(),
            analytics: Analytics::new(&settings.analytics),
            settings,
            secret,
            database,
            clock,
            rng,
            mail,
            egress,
            places,
            access,
        });
        Ok(Self { state })
    }

    /// What handlers share.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Work under way; 0 means that the engine may be stopped.
    pub fn busy(&self) -> &Busy {
        &self.state.busy
    }

    /// Everything that is served, for [`kiavi_http::serve_connection`].
    pub fn router(&self) -> Router {
        let state = &self.state;
        let slices = Router::new()
            .merge(meta::routes())
            .merge(session::routes())
            .merge(user::routes())
            .merge(account::routes())
            .merge(email_otp::routes())
            .merge(passkey::routes())
            .merge(admin::routes())
            .merge(password::routes())
            .merge(multi_session::routes(&state.settings))
            .merge(one_time_token::routes(&state.settings))
            .merge(magic_link::routes(&state.settings))
            .merge(api_key::routes())
            .merge(jwt::routes())
            .merge(social::routes())
            .merge(abuse::captcha::routes(&state.settings))
            .merge(mail::routes())
            .merge(webhook::routes())
            .merge(audit::routes())
            .merge(analytics::routes())
            .merge(security::routes())
            .merge(stream::routes())
            .route_layer(from_fn_with_state(state.clone(), api_gate))
            .merge(social::callback_routes());
        // Every slice stands above this line, and the gate too: a request that shows a key is counted by it and by
        // nothing else, so the key is looked at whatever else is wrong with the request.
        let api = api_key::acting_as_owner(state, slices)
            .merge(api_key::verify_routes(state))
            .method_not_allowed_fallback(not_found)
            .fallback(not_found)
            .layer(from_fn_with_state(state.clone(), api_context));
        // Nesting takes the base path and what is below it, but not the base path with a slash.
        let base_with_slash = any(not_found).layer(from_fn_with_state(state.clone(), api_context));
        let router = Router::new()
            .route(API_WITH_SLASH, base_with_slash)
            .nest(API, api)
            .merge(passkey::well_known::routes().layer(from_fn_with_state(state.clone(), api_context)))
            .merge(hosted::routes(state))
            .merge(management::routes(state))
            .with_state(state.clone());
        moved::lead_from_former_names(router, state)
    }

    /// What is served of a tenant that is suspended: its log, to operators. Nothing else is there.
    pub fn log_router(&self) -> Router {
        let state = &self.state;
        let api = Router::new()
            .merge(audit::routes())
            .route_layer(from_fn_with_state(state.clone(), api_gate))
            .method_not_allowed_fallback(not_found)
            .fallback(not_found)
            .layer(from_fn_with_state(state.clone(), api_context));
        Router::new().nest(API, api).merge(management::log_routes(state)).with_state(state.clone())
    }

    /// Delivers mail, webhooks and streams, and counts what happens, until told to drain; and then what is under way. What is
    /// still owed or uncounted stays in the database, and what is only in memory of the log is written there.
    ///
    /// Mail and counting begin after `pause`; what happens from now on is for webhooks and streams, where there are any.
    pub async fn run_outbox(&self, drain: Drain, pause: Duration) {
        let later = async {
            tokio::time::sleep(pause).await;
            tokio::join!(outbox::run(&self.state, drain.clone()), analytics::run(&self.state, drain.clone()));
        };
        tokio::join!(
            webhook::run(&self.state, drain.clone()),
            stream::run(&self.state, drain.clone()),
            later
        );
        if let Err(error) = audit::tell_counted(&self.state, true).await {
            tracing::warn!(cause = %error, "how many refusals were counted could not be written");
        }
    }

    /// Ends what would never end by itself.
    pub fn close_live_views(&self) {
        self.state.log.close();
        self.state.analytics.close();
    }

    /// How long until a webhook or a stream is due, if any is owed: while none is, an idle engine need not run.
    pub fn next_due(&self) -> Option<Duration> {
        let due = [self.state.webhooks.next_due(), self.state.streams.next_due()];
        due.into_iter().flatten().min()
    }

    /// How the streams stand, if there are any.
    pub(crate) fn streams(&self) -> Option<StreamsReport> {
        self.state.streams.report()
    }
}
