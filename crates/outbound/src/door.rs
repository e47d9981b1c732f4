//! One engine's mail.

use std::sync::Arc;

use kiavi_base::{EmailAddress, TenantId};
use kiavi_ipc::Endpoint;
use kiavi_ipc::mail::{Attempt, Fault, MAX_IN_FLIGHT, MailOutcome, SendMail};
use tokio::task::JoinSet;

use crate::deliver::Transport;
use crate::letter::Letter;
use crate::tally::Tally;

/// Delivers what arrives on `door` by `transport`, in `sender`'s name, until it is closed.
pub(crate) async fn serve(
    tenant: TenantId,
    sender: String,
    door: Endpoint<MailOutcome, SendMail>,
    transport: Arc<Transport>,
    tally: Arc<Tally>,
) {
    let (outcomes, mut mails) = door.split();
    let sender: Arc<str> = sender.into();
    let mut deliveries = JoinSet::new();
    let mut is_held_back = false;
    loop {
        tokio::select! {
            mail = mails.receive(), if deliveries.len() < MAX_IN_FLIGHT => match mail {
                Ok(Some(mail)) if transport.admits(&tenant) => {
                    is_held_back = false;
                    deliveries.spawn(deliver(mail, sender.clone(), transport.clone()));
                }
                Ok(Some(mail)) => {
                    if !is_held_back {
                        tracing::warn!(%tenant, "a tenant sends more mail than it may; the rest waits");
                    }
                    is_held_back = true;
                    let attempt = Attempt::deferred(Fault::TryLater);
                    tally.mail(attempt.delivery);
                    if outcomes.send(&MailOutcome { request: mail.request, attempt }).await.is_err() {
                        break;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::error!(%tenant, %error, "an engine broke the mail door's protocol");
                    break;
                }
            },
            Some(Ok(outcome)) = deliveries.join_next(), if !deliveries.is_empty() => {
                tally.mail(outcome.attempt.delivery);
                if outcomes.send(&outcome).await.is_err() {
                    break;
                }
            }
        }
    }
    while deliveries.join_next().await.is_some() {}
}

async fn deliver(mail: SendMail, from: Arc<str>, transport: Arc<Transport>) -> MailOutcome {
    let SendMail { request, to, subject, text, html, id, reply_to } = mail;
    let reply_to = reply_to.map(|address| address.parse::<EmailAddress>()).transpose();
    let attempt = match (to.parse::<EmailAddress>(), reply_to) {
        (Ok(to), Ok(reply_to)) => {
            let from = from.as_ref().to_owned();
            transport.deliver(Letter { from, to, subject, text, html, id, reply_to }).await
        }
        _ => Attempt::refused(Fault::NoMessage),
    };
    MailOutcome { request, attempt }
}
