//! The networks that refusals came from.

use std::{collections::HashMap, net::IpAddr};

use kiavi_base::{EventId, network_of};
use kiavi_db::DbError;

use super::catalogue::{Dimension, Limit};
use crate::{
    State,
    audit::{self, Outline},
};

/// Where an address is.
#[derive(Debug)]
pub(super) struct Place {
    /// As limits count it.
    pub(super) network: IpAddr,
    pub(super) country: Option<String>,
}

/// Places, by what stands for addresses in the log.
#[derive(Debug)]
pub(super) struct Places<'e>(HashMap<&'e [u8], Place>);

impl<'e> Places<'e> {
    /// Those that refusals came from, the oldest first, by limits that count by network. Of all from one address the newest is
    /// opened, whose key ends last.
    ///
    /// # Errors
    /// Those of the statements; or a body is none.
    pub(super) async fn of(
        state: &State,
        refusals: impl Iterator<Item = (&'e Outline, &Limit)>,
    ) -> Result<Self, DbError> {
        let token = |(event, limit): (&'e Outline, &Limit)| {
            let token = event.ip_token.as_deref()?;
            (limit.dimension == Dimension::Network).then_some((token, event.id))
        };
        let newest: HashMap<&[u8], EventId> = refusals.filter_map(token).collect();
        let ids: Vec<_> = newest.values().copied().collect();
        let mut origins = audit::origins(state, &ids).await?;
        let place = |(token, id): (&'e [u8], EventId)| {
            let origin = origins.remove(&id)?;
            Some((token, Place { network: network_of(origin.address), country: origin.country }))
        };
        Ok(Self(newest.into_iter().filter_map(place).collect()))
    }

    /// That of an event; none where that is forgotten.
    pub(super) fn get(&self, event: &Outline) -> Option<&Place> {
        self.0.get(event.ip_token.as_deref()?)
    }
}
