//! Where uses came from and whom they are about, by numbers, with as little opened as may be.
//!
//! The index has a keyed hash of each address and a name of each person, so at first these have the numbers. Yet limits count
//! the addresses of a network as one ([`network_of`]), and somebody who is named as a user here and by their address there is
//! one person ([`address_reference`]). Both take a look at each address and at each user once, however many uses there are, and
//! only where it matters.

use std::{borrow::Cow, collections::HashMap};

use kiavi_base::{EventId, network_of};
use kiavi_db::DbError;

use super::{catalogue::Family, people::emails, replay::Use};
use crate::{
    State,
    audit::{self, Outline, address_reference, is_user},
};

/// What numbers stand for.
pub(super) struct Sources<'e> {
    family: Family,
    networks: HashMap<&'e [u8], usize>,
    /// An event of each: one that is nobody's, if there is one, whose key all of its day share.
    events: Vec<(EventId, bool)>,
    targets: HashMap<&'e str, usize>,
    names: Vec<&'e str>,
}

impl<'e> Sources<'e> {
    pub(super) fn new(family: Family) -> Self {
        Self {
            family,
            networks: HashMap::new(),
            events: Vec::new(),
            targets: HashMap::new(),
            names: Vec::new(),
        }
    }

    /// The numbers of the address that an event came from and of whom it is about.
    pub(super) fn number(&mut self, event: &'e Outline) -> (Option<usize>, Option<usize>) {
        let is_somebodys = event.subject.as_deref().is_some_and(is_user);
        let network = event.ip_token.as_deref().map(|token| {
            let number = *self.networks.entry(token).or_insert(self.events.len());
            match self.events.get_mut(number) {
                None => self.events.push((event.id, is_somebodys)),
                Some(known) if known.1 && !is_somebodys => *known = (event.id, false),
                Some(_) => {}
            }
            number
        });
        let target = event.subject.as_deref().map(|name| {
            let number = *self.targets.entry(name).or_insert(self.names.len());
            if number == self.names.len() {
                self.names.push(name);
            }
            number
        });
        (network, target)
    }

    /// Gives the uses of these lists the numbers of networks, and of persons, if `of` says so of the one and of the other. Once
    /// for each.
    ///
    /// # Errors
    /// Those of the statements.
    pub(super) async fn tell(
        &self,
        state: &State,
        of: (bool, bool),
        lists: &mut [&mut Vec<Use>],
    ) -> Result<(), DbError> {
        let uses = || lists.iter().flat_map(|uses| uses.iter());
        let networks = async {
            match of.0 {
                true => {
                    self.networks_of(state, distinct(uses().filter_map(|one| one.network))).await.map(Some)
                }
                false => Ok(None),
            }
        };
        let people = async {
            match of.1 {
                true => self.people_of(state, distinct(uses().filter_map(|one| one.target))).await.map(Some),
                false => Ok(None),
            }
        };
        // The database looks the ones up while the others are opened or hashed.
        let (networks, people) = tokio::try_join!(networks, people)?;
        for one in lists.iter_mut().flat_map(|uses| uses.iter_mut()) {
            if let Some(networks) = &networks {
                one.network = one.network.and_then(|number| networks.get(&number).copied());
            }
            if let Some(people) = &people {
                one.target = one.target.and_then(|number| people.get(&number).copied());
            }
        }
        Ok(())
    }

    /// The networks of addresses, each by the number of one of its addresses.
    async fn networks_of(
        &self,
        state: &State,
        numbers: Vec<usize>,
    ) -> Result<HashMap<usize, usize>, DbError> {
        let event = |number: &usize| Some((*number, self.events.get(*number)?.0));
        let events: Vec<_> = numbers.iter().filter_map(event).collect();
        let ids: Vec<_> = events.iter().map(|(_, id)| *id).collect();
        let origins = audit::origins(state, &ids).await?;
        let mut known = HashMap::new();
        let network = |(number, id): (usize, EventId)| {
            let network = network_of(origins.get(&id)?.address);
            Some((number, *known.entry(network).or_insert(number)))
        };
        Ok(events.into_iter().filter_map(network).collect())
    }

    /// The persons behind names, each by the number of one of their names.
    async fn people_of(&self, state: &State, numbers: Vec<usize>) -> Result<HashMap<usize, usize>, DbError> {
        let name = |number: &usize| Some((*number, *self.names.get(*number)?));
        let names: Vec<_> = numbers.iter().filter_map(name).collect();
        let emails = match self.family {
            Family::Tokens => HashMap::new(),
            _ => emails(state, names.iter().map(|(_, name)| *name)).await?,
        };
        let (mut known, mut people) = (HashMap::new(), HashMap::with_capacity(names.len()));
        for (number, name) in names {
            let reference = match emails.get(name) {
                Some(email) => Cow::Owned(address_reference(state, email)),
                // What is counted is the user's id, which stands for itself in refusals.
                None if self.family == Family::Tokens && is_user(name) => {
                    Cow::Owned(address_reference(state, name))
                }
                None => Cow::Borrowed(name),
            };
            people.insert(number, *known.entry(reference).or_insert(number));
        }
        Ok(people)
    }
}

fn distinct(numbers: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}
