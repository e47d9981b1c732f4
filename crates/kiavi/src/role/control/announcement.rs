//! Opening the control plane, and telling how the instance is reached once it can be.

use kiavi_base::ExposeSecret;
use kiavi_control::{Control, ControlError, ControlParts, DemoMade, DemoOrder, ServerError, Tenant};
use kiavi_ipc::SealedDocument;
use kiavi_ipc::Sender;
use kiavi_ipc::control::FromControl;
use kiavi_launcher::Names;

use super::RoleError;

/// The tenant that every development instance has.
const DEMO: &str = "demo";

/// What the launcher is told once the instance is ready.
pub(super) struct Announcement {
    pub(super) names: Names,
    pub(super) is_development: bool,
    pub(super) demo_data: Option<DemoOrder>,
}

/// Opens the control plane and, in development, makes the demo tenant; tells the launcher how the instance is reached.
pub(super) async fn open(
    parts: ControlParts,
    to_launcher: Sender<FromControl>,
    announcement: Announcement,
) -> Result<Control, RoleError> {
    let control = match Control::open(parts).await {
        Err(ControlError::Server(ServerError::InUse(reason))) => {
            // Who stands in the way stays there: the launcher ends an instance that was not usable yet.
            to_launcher.send(&FromControl::InUse { reason: reason.clone() }).await?;
            return Err(failed(ServerError::InUse(reason).into()));
        }
        opened => opened.map_err(failed)?,
    };
    let claim = control.clone();
    tokio::spawn(async move { claim.keep_claim().await });
    let reconciler = control.clone();
    tokio::spawn(async move { reconciler.run_reconciler().await });
    let watch = control.clone();
    tokio::spawn(async move { watch.watch_sessions().await });
    let checks = control.clone();
    tokio::spawn(async move { checks.run_domain_checks().await });
    let certificates = control.clone();
    tokio::spawn(async move { certificates.run_certificates().await });
    let announced = control.clone();
    tokio::spawn(async move {
        if let Err(error) = announce(&announced, &to_launcher, &announcement).await {
            tracing::error!("{}", crate::log::chain(&error));
        }
    });
    Ok(control)
}

fn failed(error: kiavi_control::ControlError) -> RoleError {
    RoleError::Serve(error.into())
}

/// Made-up people are no reason not to be ready.
async fn populate(control: &Control, demo: &Tenant, order: DemoOrder) {
    tracing::info!(
        "making up {} people for the tenant {DEMO}, with ninety days of what they did",
        order.people
    );
    match control.populate(demo, order).await {
        Ok(DemoMade::Now { people, events }) => {
            tracing::info!("the tenant {DEMO} has {people} made-up people and {events} events");
        }
        Ok(DemoMade::Before) => tracing::info!("the tenant {DEMO} has its made-up people already"),
        Ok(DemoMade::Refused(users)) => tracing::warn!(
            "the tenant {DEMO} has {users} users of its own, so nobody is made up: --demo-force adds them all the same"
        ),
        Err(error) => tracing::error!(error = crate::log::chain(&*error), "nobody could be made up"),
    }
}

async fn announce(
    control: &Control,
    to_launcher: &Sender<FromControl>,
    announcement: &Announcement,
) -> Result<(), RoleError> {
    let names = &announcement.names;
    let mut ready = serde_json::json!({ "console_url": names.url(&names.console) });
    control.ensure_console().await.map_err(failed)?;
    if let Some(link) = control.renew_owner_link().await.map_err(failed)? {
        ready["first_owner_url"] = link.expose_secret().into();
    }
    if announcement.is_development {
        let demo = control.ensure_tenant(DEMO).await.map_err(failed)?;
        if let Some(order) = announcement.demo_data {
            populate(control, &demo, order).await;
        }
        let key = control.ensure_management_key().await.map_err(failed)?;
        let tenants: Vec<_> = control
            .tenants()
            .await
            .map_err(failed)?
            .iter()
            .map(|tenant| {
                let url = control.url_of(tenant);
                let mut told =
                    serde_json::json!({ "slug": tenant.slug.as_str(), "url": url, "id": tenant.id.as_str() });
                if let Some(url) = names.tls_url(format_args!("{}.{}", tenant.slug, names.domain)) {
                    told["tls_url"] = url.into();
                }
                told
            })
            .collect();
        if let Some(url) = names.tls_url(&names.console) {
            ready["console_tls_url"] = url.into();
        }
        if let Some(root) = control.local_root().await.map_err(failed)? {
            ready["local_ca"] = root.into();
        }
        ready["mail_url"] = names.url(&names.mailbox).into();
        ready["tenants"] = tenants.into();
        ready["management_key"] = key.expose_secret().into();
    } else if let Some(key) = control.first_management_key().await.map_err(failed)? {
        ready["management_key"] = key.expose_secret().into();
    }
    let document = SealedDocument::seal(ready.to_string().as_bytes())
        .map_err(|error| RoleError::Document(error.into()))?;
    Ok(to_launcher.send(&FromControl::Ready { document: document.fd() }).await?)
}
