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

/// The most connections that wait until it is known whose their hosts are: they are everybody's.
const MAX_UNROUTED: usize = 4096;

/// The same, of one customer's network.
const MAX_UNROUTED_PER_NETWORK: usize = 512;

/// Names a door for the life of the gateway.
pub(crate) type DoorId = u64;

/// The connections that wait for one destination, or until it is known whose their hosts are.
pub(crate) struct Line {
    waiting: VecDeque<Client>,
    most: usize,
    most_of_network: usize,
    /// The door in use.
    pub(crate) door: Option<DoorId>,
    /// The number of what is waited for, and has not come yet: a door, or the news that all hosts are known.
    pub(crate) asked: Option<u64>,
}

impl Default for Line {
    fn default() -> Self {
        Self::bounded(MAX_WAITING, MAX_WAITING_PER_NETWORK)
    }
}

impl Line {
    /// The line of those whose hosts are not known yet.
    pub(crate) fn of_unrouted() -> Self {
        Self::bounded(MAX_UNROUTED, MAX_UNROUTED_PER_NETWORK)
    }

    fn bounded(most: usize, most_of_network: usize) -> Self {
        Self { waiting: VecDeque::new(), most, most_of_network, door: None, asked: None }
    }

    /// Joins the end of the line.
    ///
    /// # Errors
    /// Gives the client back when the line, or its network's share of it, is full.
    pub(crate) fn join(&mut self, client: Client) -> Result<(), Client> {
        let own = network_of(client.peer.ip());
        let full = self.waiting.len() >= self.most
            || self.waiting.len() >= self.most_of_network
                && self.waiting.iter().filter(|other| network_of(other.peer.ip()) == own).count()
                    >= self.most_of_network;
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

    /// Empties the line: what was waited for has come, or does not come.
    pub(crate) fn leave(&mut self) -> impl Iterator<Item = Client> + use<> {
        self.asked = None;
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
    use std::os::fd::OwnedFd;
    use std::sync::LazyLock;

    use kiavi_ipc::Fd;
    use proptest::prelude::*;

    use super::*;

    /// One for all: there are more clients than a process may have descriptors.
    static STREAM: LazyLock<Fd> =
        LazyLock::new(|| OwnedFd::from(std::fs::File::open("/dev/null").unwrap()).into());

    fn client(port: u16) -> Client {
        Client {
            peer: ([192, 0, 2, (port >> 8) as u8], port).into(),
            stream: STREAM.clone(),
            kind: kiavi_ipc::door::ListenerKind::Plain,
            hostname: "shop.example".parse().unwrap(),
        }
    }

    fn ports(clients: impl Iterator<Item = Client>) -> Vec<u16> {
        clients.map(|client| client.peer.port()).collect()
    }

    #[test]
    fn a_line_is_bounded_for_each_network_and_as_a_whole() {
        let lines = [
            (Line::default(), MAX_WAITING_PER_NETWORK, MAX_WAITING),
            (Line::of_unrouted(), MAX_UNROUTED_PER_NETWORK, MAX_UNROUTED),
        ];
        for (mut line, of_network, of_all) in lines {
            let mut joined = |networks: std::ops::Range<u16>| {
                let ports = networks.flat_map(|network| (0..=255).map(move |port| (network << 8) | port));
                // More than a network may have: each port comes four times.
                let clients = ports.flat_map(|port| [port; 4]);
                clients.filter(|port| line.join(client(*port)).is_ok()).count()
            };
            assert_eq!(joined(0..1), of_network);
            assert_eq!(joined(1..64), of_all - of_network);
        }
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
