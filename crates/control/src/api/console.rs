//! The console page: what exists, read-only. Only a development instance shows it, because nobody signs in.

use std::convert::Infallible;

use axum::{
    Router,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, header},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
    routing::get,
};
use futures_util::{Stream, stream};
use kiavi_base::Locale;
use kiavi_http::set_page_headers;
use kiavi_pages::{Frame, Page, TenantRow, TenantState as Badge, Tenants};
use serde::Deserialize;

use super::{Problem, progress};
use crate::{
    Control, Tenant, TenantState,
    tenant::store::{self, Filter},
};

/// Tenants on the page; the command line lists more.
const SHOWN: i64 = 500;
const EVENTS: &str = "/events";

#[derive(Deserialize)]
struct Choice {
    lang: Option<String>,
}

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/", get(page))
        .route(EVENTS, get(events))
        .route(&format!("{}{{file}}", kiavi_pages::ASSET_PATH), get(asset))
}

async fn page(
    State(control): State<Control>,
    Query(choice): Query<Choice>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let parts = control.parts();
    let mut tenants = store::list(&parts.database, &Filter { limit: SHOWN, ..Filter::default() }).await?;
    tenants.sort_by_key(|tenant| std::cmp::Reverse(tenant.created_at));
    let page = Tenants {
        frame: Frame {
            locale: locale(&choice, &headers),
            app: "Kiavi".to_owned(),
            path: "/".to_owned(),
            acting: None,
        },
        tenants: tenants.iter().map(|tenant| row(&control, tenant)).collect(),
        create_command: parts.create_command.clone(),
        events: EVENTS.to_owned(),
        now: parts.clock.now(),
    };
    let mut response = axum::response::Html(page.html()).into_response();
    set_page_headers(response.headers_mut(), false);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-language"));
    Ok(response)
}

/// One event at each change of any tenant; the page then loads itself again.
async fn events(
    State(control): State<Control>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let permit = progress::permit(&control)?;
    let events = stream::unfold((control.changes(), permit), |(mut changes, permit)| async {
        changes.changed().await.ok()?;
        Some((Ok(Event::default().data("changed")), (changes, permit)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

async fn asset(Path(file): Path<String>) -> Result<Response, Problem> {
    let asset = kiavi_pages::asset(&file).ok_or_else(Problem::not_found)?;
    let caching = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [(header::CONTENT_TYPE, asset.content_type), (header::CACHE_CONTROL, caching)];
    Ok((headers, asset.bytes.into_owned()).into_response())
}

fn row(control: &Control, tenant: &Tenant) -> TenantRow {
    TenantRow {
        slug: tenant.slug.to_string(),
        url: control.url_of(tenant),
        state: badge(tenant.state),
        created: tenant.created_at,
    }
}

fn badge(state: TenantState) -> Badge {
    match state {
        TenantState::Requested
        | TenantState::Secret
        | TenantState::Role
        | TenantState::Database
        | TenantState::Schema
        | TenantState::Spare => Badge::Creating,
        TenantState::Running => Badge::Running,
        TenantState::Suspended => Badge::Suspended,
        TenantState::Failed => Badge::Failed,
        TenantState::Deleted | TenantState::Deleting => Badge::Deleting,
    }
}

/// The language that was chosen, else the browser's.
fn locale(choice: &Choice, headers: &HeaderMap) -> Locale {
    let chosen = choice.lang.as_deref().and_then(Locale::from_tag);
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|line| line.to_str().ok());
    chosen.unwrap_or_else(|| accepted.map_or(Locale::En, Locale::negotiate))
}
