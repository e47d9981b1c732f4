//! Who waits for a destination, and what its doors have not acknowledged: pure bookkeeping.

use std::collections::VecDeque;

use kiavi_base::network_of;

use crate::accept::Client;

/// The most connections that wait for one destination.
pub(crate) const MAX_WAITING: usize = 512;

/// The same, of one customer's network.
pub(crate) const MAX_WAITING_PER_NETWORK: usize = 128;

/// The most connections that a door may hold unacknowledged; fewer than its socket's queue takes.
const MAX_UNACKNOWLEDGED: usize = 128;

/// Names a door for the life of the gateway.
pub(crate) type DoorId = u64;

/// The connections that wait for one destination.
#[derive(Default)]
pub(crate) struct Line {
    waiting: VecDeque<Client>,
    /// The door in use.
    pub(crate) door: Option<DoorId>,
    /// The number of the request for a door that has not been answered yet.
    pub(crate) asked: Option<u64>,
}

impl Line {
    /// Joins the end of the line.
    ///
    /// # Errors
    /// Gives the client back when the line, or its network's share of it, is full.
    pub(crate) fn join(&mut self, client: Client) -> Result<(), Client> {
        let own = network_of(client.peer.ip());
        let full = self.waiting.len() >= MAX_WAITING
            || self.waiting.len() >= MAX_WAITING_PER_NETWORK
                && self.waiting.iter().filter(|other| network_of(other.peer.ip()) == own).count()
                    >= MAX_WAITING_PER_NETWORK;
        if full {
            return Err(client);
        }
        self.waiting.push_back(client);
        Ok(())
    }

    /// Puts connections that a door did not acknowledge back to the front, in their order.
    pub(crate) fn rejoin(&mut self, clients: impl DoubleEndedIterator<Item = Client>) {
        for client in clients.rev() {
            self.waiting.push_front(client);
        }
    }

    pub(crate) fn next(&mut self) -> Option<Client> {
        self.waiting.pop_front()
    }

    pub(crate) fn leave(&mut self) -> impl Iterator<Item = Client> {
        std::mem::take(&mut self.waiting).into_iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}

/// What went through one door and was not acknowledged.
#[derive(Default)]
pub(crate) struct Unacknowledged {
    clients: VecDeque<Client>,
    /// The sequence of the first of `clients`.
    first: u64,
}

impl Unacknowledged {
    pub(crate) fn new() -> Self {
        Self { clients: VecDeque::new(), first: 1 }
    }

    /// The sequence of the next connection; `None` while the destination is too far behind.
    pub(crate) fn next_sequence(&self) -> Option<u64> {
        (self.clients.len() < MAX_UNACKNOWLEDGED).then(|| self.first + self.clients.len() as u64)
    }

    pub(crate) fn sent(&mut self, client: Client) {
        self.clients.push_back(client);
    }

    /// Lets go of everything up to `sequence`; `false` when that was never sent.
    pub(crate) fn taken(&mut self, sequence: u64) -> bool {
        let Some(count) = (sequence + 1).checked_sub(self.first) else { return true };
        let Some(count) = usize::try_from(count).ok().filter(|count| *count <= self.clients.len()) else {
            return false;
        };
        self.clients.drain(..count);
        self.first += count as u64;
        true
    }

    pub(crate) fn into_clients(self) -> impl DoubleEndedIterator<Item = Client> {
        self.clients.into_iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.clients.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn client(port: u16) -> Client {
        let stream = std::fs::File::open("/dev/null").unwrap();
        Client {
            peer: ([192, 0, 2, (port >> 8) as u8], port).into(),
            stream: std::os::fd::OwnedFd::from(stream).into(),
            kind: kiavi_ipc::door::ListenerKind::Plain,
        }
    }

    fn ports(clients: impl Iterator<Item = Client>) -> Vec<u16> {
        clients.map(|client| client.peer.port()).collect()
    }

    #[test]
    fn a_line_is_bounded_for_each_network_and_as_a_whole() {
        let mut line = Line::default();
        let joined = (0..200).filter(|port| line.join(client(*port)).is_ok()).count();
        assert_eq!(joined, MAX_WAITING_PER_NETWORK);
        let joined = (256..1024).filter(|port| line.join(client(*port)).is_ok()).count();
        assert_eq!(joined, MAX_WAITING - MAX_WAITING_PER_NETWORK);
    }

    proptest! {
        #[test]
        fn no_connection_is_lost_or_doubled(steps in proptest::collection::vec(0u64..6, 0..200)) {
            let (mut line, mut door) = (Line::default(), Unacknowledged::new());
            let (mut arrived, mut acknowledged) = (0u16, 0u64);
            let mut sent = 0u64;
            for step in steps {
                match step {
                    0 | 1 => if line.join(client(arrived)).is_ok() { arrived += 1 },
                    2 | 3 => if let Some(sequence) = door.next_sequence() && let Some(client) = line.next() {
                        prop_assert_eq!(sequence, sent + 1);
                        sent = sequence;
                        door.sent(client);
                    },
                    4 => { let up_to = acknowledged + (sent - acknowledged) / 2; prop_assert!(door.taken(up_to)); acknowledged = up_to },
                    _ => prop_assert!(!door.taken(sent + 1)),
                }
            }
            line.rejoin(door.into_clients());
            let left = ports(line.leave());
            prop_assert_eq!(left, (acknowledged as u16..arrived).collect::<Vec<_>>());
        }
    }
}
