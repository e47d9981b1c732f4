//! The development mailbox: the latest mails, in memory.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::watch;

/// The most mails kept; the oldest goes.
const MAX_MAILS: usize = 1000;

/// A mail as it arrived.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ReceivedMail {
    pub(crate) to: String,
    pub(crate) from: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    #[serde(serialize_with = "rfc3339")]
    pub(crate) received_at: Timestamp,
}

fn rfc3339<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

/// The mails of all tenants, newest first.
#[derive(Default)]
pub(crate) struct Mailbox {
    mails: Mutex<VecDeque<ReceivedMail>>,
    received: watch::Sender<u64>,
}

impl Mailbox {
    pub(crate) fn receive(&self, mail: ReceivedMail) {
        {
            let mut mails = self.lock();
            mails.truncate(MAX_MAILS - 1);
            mails.push_front(mail);
        }
        self.received.send_modify(|count| *count += 1);
    }

    /// The mails to `address`, or all, newest first.
    pub(crate) fn mails(&self, address: Option<&str>) -> Vec<ReceivedMail> {
        let mails = self.lock();
        mails
            .iter()
            .filter(|mail| address.is_none_or(|to| mail.to.eq_ignore_ascii_case(to)))
            .cloned()
            .collect()
    }

    /// Changes with every mail.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.received.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<ReceivedMail>> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(number: usize) -> ReceivedMail {
        ReceivedMail {
            to: format!("user{}@example.test", number % 2),
            from: "no-reply@demo.test".to_owned(),
            subject: number.to_string(),
            text: String::new(),
            html: String::new(),
            received_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn it_keeps_the_latest_and_finds_them_by_address() {
        let mailbox = Mailbox::default();
        let watch = mailbox.watch();
        (0..MAX_MAILS + 5).for_each(|number| mailbox.receive(mail(number)));
        let all = mailbox.mails(None);
        assert_eq!((all.len(), all[0].subject.as_str()), (MAX_MAILS, "1004"));
        let some = mailbox.mails(Some("USER1@example.test"));
        assert_eq!((some.len(), some[0].subject.as_str()), (MAX_MAILS / 2, "1003"));
        assert!(watch.has_changed().unwrap());
    }
}
