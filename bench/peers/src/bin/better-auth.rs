//! The crate better-auth as its documentation sets it up: axum, SeaORM, PostgreSQL, joins on, limits off, its own
//! bundled schema with that schema's indexes. `better-auth` with one JSON argument:
//!
//!   { "port", "origin", "hostname", "database", "connections" }
//!
//! `database` is a URL. Prints `ready` when it listens. `/codes` gives the last code of each address once, by address:
//! mail is the application's own there, as it is in Better Auth.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use better_auth::{
    AuthConfig, AuthResult, BetterAuth,
    integrations::axum::AxumIntegration,
    middleware::RateLimitConfig,
    plugins::{
        ApiKeyPlugin, JwtPlugin, PasskeyPlugin, SessionManagementPlugin,
        api_key::RateLimitDefaults,
        email_otp::{EmailOtpMessage, EmailOtpPlugin, EmailOtpStorage, SendEmailOtp},
    },
    seaorm::{Database, SeaOrmStore, sea_orm::ConnectOptions},
    server_api::VerifyKeyOptions,
};
use better_auth_seaorm::store::__private_test_support::{
    bundled_schema::BundledSchema, migrator::run_migrations,
};
use serde::Deserialize;

type Auth = Arc<BetterAuth<BundledSchema>>;
type Failure = Box<dyn std::error::Error>;

#[derive(Deserialize)]
struct Settings {
    port: u16,
    origin: String,
    hostname: String,
    database: String,
    connections: u32,
}

/// The last code of each address; reading takes all of them away.
#[derive(Clone, Default)]
struct Codes(Arc<Mutex<HashMap<String, String>>>);

#[async_trait]
impl SendEmailOtp for Codes {
    async fn send(&self, message: &EmailOtpMessage) -> AuthResult<()> {
        let code = message.otp.typed()?.clone();
        if let Ok(mut codes) = self.0.lock() {
            codes.insert(message.email.clone(), code);
        }
        Ok(())
    }
}

// As many threads as the machine has processors, which is axum's and tokio's default.
#[tokio::main]
async fn main() -> Result<(), Failure> {
    let argument = std::env::args().nth(1).ok_or("better-auth SETTINGS")?;
    let settings: Settings = serde_json::from_str(&argument)?;
    let codes = Codes::default();
    let auth = start(&settings, codes.clone()).await?;
    let router = Router::new()
        .nest("/api/auth", auth.clone().axum_router())
        .route("/verify", post(verify))
        .with_state(auth)
        .merge(Router::new().route("/codes", get(take)).with_state(codes));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", settings.port)).await?;
    println!("ready");
    axum::serve(listener, router).await?;
    Ok(())
}

async fn start(settings: &Settings, codes: Codes) -> Result<Auth, Failure> {
    let mut config = AuthConfig::new("a reference secret of more than 32 bytes, for tests only")
        .base_url(settings.origin.as_str());
    config.advanced.database.joins = Some(true);
    // It would read the catalogue at runtime; the schema is its own.
    config.advanced.database.validate_schema = Some(false);
    let mut options = ConnectOptions::new(settings.database.clone());
    options.max_connections(settings.connections).min_connections(settings.connections).sqlx_logging(false);
    let database = Database::connect(options).await?;
    run_migrations(&database).await?;
    let limits = RateLimitDefaults { enabled: false, ..RateLimitDefaults::default() };
    let auth = BetterAuth::<BundledSchema>::new(config.clone())
        .store(SeaOrmStore::<BundledSchema>::new(config, database))
        .rate_limit(RateLimitConfig::new().enabled(false))
        .plugin(SessionManagementPlugin::new())
        .plugin(EmailOtpPlugin::new().storage(EmailOtpStorage::Hashed).sender(Arc::new(codes)))
        .plugin(
            PasskeyPlugin::new().rp_id(&settings.hostname).rp_name("bench").origin(settings.origin.as_str()),
        )
        .plugin(JwtPlugin::new().disable_setting_jwt_header(true))
        .plugin(ApiKeyPlugin::builder().rate_limit(limits).build())
        .build()
        .await?;
    Ok(Arc::new(auth))
}

#[derive(Deserialize)]
struct Presented {
    key: String,
}

/// The tiny route around the verification, which is a call on the server's side there too.
async fn verify(
    State(auth): State<Auth>,
    Json(presented): Json<Presented>,
) -> (StatusCode, Json<serde_json::Value>) {
    let verified = match auth.api_keys() {
        Ok(keys) => keys.verify(&presented.key, VerifyKeyOptions::default()).await.ok(),
        Err(_) => None,
    };
    match verified {
        Some(key) => (StatusCode::OK, Json(serde_json::json!({ "valid": true, "error": null, "key": key }))),
        None => (StatusCode::UNAUTHORIZED, Json(serde_json::json!({ "valid": false }))),
    }
}

async fn take(State(codes): State<Codes>) -> Result<Json<HashMap<String, String>>, StatusCode> {
    let mut codes = codes.0.lock().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Json(std::mem::take(&mut *codes)))
}
