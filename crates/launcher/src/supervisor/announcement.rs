//! When an instance is said to be ready: people can sign in, and what they do is sealed.

use std::time::Duration;

/// How long an instance that people can use waits for its auditor. Without it events are written and sealed later, so that an
/// auditor that does not start is no reason to have nobody sign in.
pub(super) const AUDITOR_PATIENCE: Duration = Duration::from_secs(10);

/// What is known of it, where `D` is what control says about how the instance is reached. It holds secrets, so nobody reads it
/// before it is told.
pub(super) struct Announcement<D> {
    is_made: bool,
    is_sealing: bool,
    untold: Option<D>,
}

impl<D> Announcement<D> {
    /// That of an instance whose program before this one, if there was one, has made it or not.
    pub(super) fn resumed(is_made: bool) -> Self {
        Self { is_made, is_sealing: false, untold: None }
    }

    /// Control says how the instance is reached. Answers what is to be told now.
    pub(super) fn reached(&mut self, document: D) -> Option<D> {
        self.untold = Some(document);
        if self.is_made || self.is_sealing { self.untold.take() } else { None }
    }

    /// The auditor seals. Answers what is to be told now.
    pub(super) fn sealing(&mut self) -> Option<D> {
        self.is_sealing = true;
        self.untold.take()
    }

    /// The auditor has ended.
    pub(super) fn not_sealing(&mut self) {
        self.is_sealing = false;
    }

    /// The auditor has had its time. Answers what is to be told without it.
    pub(super) fn late(&mut self) -> Option<D> {
        self.untold.take()
    }

    /// Takes note that it is told. Answers whether it is for the first time.
    pub(super) fn make(&mut self) -> bool {
        !std::mem::replace(&mut self.is_made, true)
    }

    /// Whether it was made.
    pub(super) fn is_made(&self) -> bool {
        self.is_made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_ready_when_it_is_reached_and_sealed_whichever_comes_first() {
        let mut announcement = Announcement::resumed(false);
        assert_eq!(announcement.reached("a"), None);
        assert_eq!(announcement.sealing(), Some("a"));
        assert_eq!(announcement.late(), None, "it is told already");
        let mut announcement = Announcement::resumed(false);
        assert_eq!(announcement.sealing(), None);
        assert_eq!(announcement.reached("a"), Some("a"));
        assert!(announcement.make() && !announcement.make() && announcement.is_made());
    }

    #[test]
    fn an_auditor_that_ends_before_does_not_count_and_one_that_never_comes_is_waited_for_in_vain() {
        let mut announcement = Announcement::resumed(false);
        announcement.sealing();
        announcement.not_sealing();
        assert_eq!(announcement.reached("a"), None);
        assert_eq!(announcement.reached("b"), None, "control was started again meanwhile");
        assert_eq!(announcement.late(), Some("b"));
        assert_eq!(announcement.late(), None);
    }

    #[test]
    fn who_was_told_once_is_told_anew_at_once() {
        let mut announcement = Announcement::resumed(true);
        assert_eq!(announcement.reached("a"), Some("a"));
        assert!(!announcement.make());
    }
}
