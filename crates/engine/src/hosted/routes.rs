//! The pages of a sign-in.

use axum::{
    Form,
    body::Body,
    extract::{Path, Query, State as Extract},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::SignedDuration;
use kiavi_base::EmailAddress;
use kiavi_pages::{Asset, Captcha, Leaving, NotFound, Notice, PasskeyOffer, SignIn, SignInCode};

use super::{
    connect,
    flow::{self, Cookie, Declined, Flow},
    social,
    visit::{Visit, html, see_other},
    wire::{AddressForm, CodeForm, CodeQuery, ErrorQuery, OfferQuery, StartQuery},
};
use crate::{
    ApiError, State,
    abuse::captcha::{self, Scope},
    analytics::Step,
    email_otp,
    engine::API,
    passkey,
};

/// How long a device is greeted with its address.
pub(super) const RETURNING_LIFE: SignedDuration = SignedDuration::from_hours(180 * 24);
/// How long declined offers are counted.
const OFFER_LIFE: SignedDuration = SignedDuration::from_hours(400 * 24);
/// Where a passkey's script goes when it is done.
pub(super) const DONE: &str = "/sign-in/done";
/// Where a passkey is made.
pub(super) const OFFER: &str = "/sign-in/passkey";
/// Where one is made for this device too.
const OFFER_NEARBY: &str = "/sign-in/passkey?nearby=yes";

/// `GET /`: also where the API tells of a failure when nobody said where else.
pub(super) async fn home(visit: Visit, Query(query): Query<ErrorQuery>) -> Response {
    match query.error {
        Some(code) => connect::tell_failure(&visit, &code),
        None => see_other("/account"),
    }
}

/// `GET /sign-in`, with the way back in `redirect` or `callbackURL`.
pub(super) async fn start(visit: Visit, Query(query): Query<StartQuery>) -> Result<Response, ApiError> {
    let mut flow = visit.flow();
    if let Some(target) = visit.trusted(query.redirect.or(query.callback_url)) {
        flow.next = Some(target);
        visit.keep(&flow);
    }
    if query.again.is_none() && visit.session().is_some() {
        return Ok(see_other(if flow.next.is_some() { DONE } else { "/account" }));
    }
    let notice = visit.take_notice(&mut flow);
    Ok(start_page(&visit, flow, notice))
}

fn start_page(visit: &Visit, flow: Flow, notice: Option<Notice>) -> Response {
    let email = flow.email.unwrap_or_default();
    let returning = visit.opened::<String>(Cookie::Returning).filter(|_| email.is_empty());
    let captcha = captcha::of_page(&visit.state.settings);
    let policy = captcha.as_ref().and_then(Captcha::content_security_policy);
    visit.state.analytics.step(Step::SignInOffered, visit.now());
    let mut response = html(&SignIn {
        frame: visit.frame(),
        email,
        returning,
        api: API.to_owned(),
        next: DONE.to_owned(),
        is_sign_up_open: visit.state.settings.is_sign_up_open,
        providers: social::buttons(&visit.state.settings.social),
        captcha,
        notice,
    });
    if let Some(policy) = policy.and_then(|policy| HeaderValue::from_str(&policy).ok()) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// `POST /sign-in`: sends a code, if the captcha is solved. Known and unknown addresses get the same answer. Another
/// code for the same address ([`resend_code`]) costs no other captcha: the address's limit bounds it.
pub(super) async fn send_code(visit: Visit, Form(form): Form<AddressForm>) -> Result<Response, ApiError> {
    let remembered = form.returning.and_then(|_| visit.opened::<String>(Cookie::Returning));
    let typed = remembered.unwrap_or(form.email);
    let mut flow = visit.flow();
    flow.connects = false;
    flow.keep_typed(typed.trim());
    let sent =
        match captcha::require(&visit.state, &visit.context, Scope::Code, form.captcha.as_deref()).await {
            Ok(()) => send_to(&visit, typed.trim()).await?,
            Err(error) => Err(flow::notice(error)?),
        };
    match sent {
        Ok(()) => {
            flow.asked_at = Some(visit.now());
            visit.keep(&flow);
            Ok(see_other("/sign-in/code?sent=yes"))
        }
        Err(notice) => {
            flow.notice = Some(notice);
            visit.keep(&flow);
            Ok(see_other("/sign-in"))
        }
    }
}

pub(super) async fn send_to(visit: &Visit, typed: &str) -> Result<Result<(), Notice>, ApiError> {
    let Ok(email) = typed.parse::<EmailAddress>() else { return Ok(Err(Notice::EmailInvalid)) };
    let purpose = email_otp::CodePurpose::SignIn;
    match email_otp::send_code(&visit.state, &visit.context, &email, purpose).await {
        Ok(()) => Ok(Ok(())),
        Err(error) => flow::notice(error).map(Err),
    }
}

/// `GET /sign-in/code`.
pub(super) async fn code_page(visit: Visit, Query(query): Query<CodeQuery>) -> Result<Response, ApiError> {
    let mut flow = visit.flow();
    let Some(email) = flow.address().map(str::to_owned) else {
        if visit.session().is_some() {
            return Ok(see_other("/account"));
        }
        // Told on this page: a browser that keeps no cookies would lose it on the way to another.
        let notice = query.sent.map_or(Notice::CodeOtherBrowser, |_| Notice::CookiesBlocked);
        return Ok(start_page(&visit, flow, Some(notice)));
    };
    let notice = visit.take_notice(&mut flow);
    let connects = connect::waiting_provider(&visit, &flow).await?;
    let settings = &visit.state.settings.email_otp;
    Ok(html(&SignInCode {
        frame: visit.frame(),
        email,
        digits: settings.length,
        valid_minutes: settings.expires_in_seconds.div_ceil(60),
        resend_seconds: flow.resend_seconds(visit.now()),
        connects,
        notice,
    }))
}

/// `POST /sign-in/code`.
pub(super) async fn try_code(visit: Visit, Form(form): Form<CodeForm>) -> Result<Response, ApiError> {
    let mut flow = visit.flow();
    let Some(email) = flow.address().map(str::to_owned) else {
        return Ok(visit.tell(Notice::FlowExpired, "/sign-in"));
    };
    let code = flow::digits(&form.code);
    let given = email_otp::SignIn { email: &email, code: &code, name: "", image: None, body: None };
    match email_otp::sign_in(&visit.state, &visit.context, given).await {
        Ok(signed_in) => {
            let connects = flow.connects;
            flow = Flow { next: flow.next, ..Flow::default() };
            match connects {
                true => connect::finish(&visit, flow, &signed_in.session.id).await,
                false => {
                    visit.keep(&flow);
                    Ok(see_other(OFFER))
                }
            }
        }
        Err(error) => {
            let notice = flow::notice(error)?;
            // No other code would help.
            let is_final = matches!(notice, Notice::Suspended | Notice::PasskeyRequired);
            let path = match (is_final, flow.connects) {
                (true, true) => connect::PAGE,
                (true, false) => "/sign-in",
                (false, _) => "/sign-in/code",
            };
            Ok(visit.tell(notice, path))
        }
    }
}

/// `POST /sign-in/code/resend`.
pub(super) async fn resend_code(visit: Visit) -> Result<Response, ApiError> {
    let mut flow = visit.flow();
    let Some(email) = flow.address().map(str::to_owned) else {
        return Ok(visit.tell(Notice::FlowExpired, "/sign-in"));
    };
    flow.notice = match send_to(&visit, &email).await? {
        Ok(()) => {
            flow.asked_at = Some(visit.now());
            Some(Notice::CodeSent)
        }
        Err(notice) => Some(notice),
    };
    visit.keep(&flow);
    Ok(see_other("/sign-in/code"))
}

/// `GET /sign-in/passkey`: the offer, to whoever has no passkey and did not decline lately; where passkeys are
/// required, the demand, to whoever has none. With `nearby`, which the script adds after a passkey of another device signed
/// in, the offer of one for this device.
pub(super) async fn offer(visit: Visit, Query(query): Query<OfferQuery>) -> Result<Response, ApiError> {
    let Some(current) = visit.session() else { return Ok(see_other("/sign-in")) };
    let has_passkey = has_passkey(&visit).await?;
    let is_nearby = has_passkey && query.nearby.is_some();
    let is_required = passkey::is_demanded(&visit.state) && !has_passkey;
    let declined = visit.opened(Cookie::Offer).filter(|_| !is_required);
    // A passkey of an administrator's would be in the user's account.
    if current.is_impersonated() || !flow::is_offer_due(has_passkey && !is_nearby, declined, visit.now()) {
        return Ok(see_other(DONE));
    }
    let mut flow = visit.flow();
    let notice = visit.take_notice(&mut flow);
    let frame = if is_nearby { visit.frame_at(OFFER_NEARBY) } else { visit.frame() };
    let (api, next) = (API.to_owned(), DONE.to_owned());
    visit.state.analytics.step(Step::CreationOffered, visit.now());
    Ok(html(&PasskeyOffer { frame, api, next, is_required, is_nearby, notice }))
}

/// `POST /sign-in/passkey`: not now.
pub(super) async fn decline_offer(visit: Visit) -> Result<Response, ApiError> {
    if passkey::is_demanded(&visit.state) && !has_passkey(&visit).await? {
        return Ok(see_other(OFFER));
    }
    visit.state.analytics.step(Step::CreationDeclined, visit.now());
    let declined = Declined::again(visit.opened(Cookie::Offer), visit.now());
    visit.keep_sealed(Cookie::Offer, &declined, OFFER_LIFE);
    Ok(see_other(DONE))
}

async fn has_passkey(visit: &Visit) -> Result<bool, ApiError> {
    let Some(current) = visit.session() else { return Ok(false) };
    Ok(!passkey::list(&visit.state, &current.user.id).await?.is_empty())
}

/// `GET /sign-in/done`: back to where the visitor came from.
pub(super) async fn done(visit: Visit) -> Result<Response, ApiError> {
    let Some(current) = visit.session() else { return Ok(see_other("/sign-in")) };
    if passkey::is_demanded(&visit.state) && !current.is_impersonated() && !has_passkey(&visit).await? {
        return Ok(see_other(OFFER));
    }
    if !current.is_impersonated() {
        visit.keep_sealed(Cookie::Returning, &current.user.email, RETURNING_LIFE);
    }
    let Flow { next, notice, .. } = visit.flow();
    // Asked again, because the settings may have changed since.
    let next = next.filter(|target| visit.state.origins.trusts_redirect(target));
    visit.keep(&Flow { notice: notice.filter(|_| next.is_none()), ..Flow::default() });
    Ok(match next {
        None => see_other("/account"),
        Some(path) if path.starts_with('/') => see_other(&path),
        Some(target) => html(&Leaving { frame: visit.frame(), target, provider: None }),
    })
}

/// Whatever is no page.
pub(super) async fn not_found(visit: Visit) -> Response {
    nowhere(&visit)
}

/// The page for what is not there.
pub(super) fn nowhere(visit: &Visit) -> Response {
    let mut response = html(&NotFound { frame: visit.frame() });
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// `GET /_kiavi/assets/{name}`.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    served(kiavi_pages::asset(&name))
}

/// `GET /_kiavi/brand/{name}`: the tenant's own style sheet and logo.
pub(super) async fn brand(Extract(state): Extract<State>, Path(name): Path<String>) -> Response {
    served(state.brand.file(&name))
}

fn served(asset: Option<Asset>) -> Response {
    let Some(asset) = asset else {
        // It may be there after an upgrade.
        return (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")]).into_response();
    };
    let cache = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
    ];
    (headers, Body::from(asset.bytes.into_owned())).into_response()
}
