//! Archives of tenants: making one, opening one, and what became of them.
//!
//! The control plane reads the tenant's database in one snapshot and gives out what is encrypted already; whoever asked
//! stores it, where the control plane could not: in a folder, or at a store on a network ([`make`]). It opens the key of an
//! archive whose tenant is here ([`key`]). A tenant is made of an archive by [`crate::provision`]. What members want done is
//! written down for whoever reaches archives ([`order`]).

mod key;
mod make;
pub(crate) mod order;
pub(crate) mod store;

pub(crate) use key::{KeyError, current as own_key, file_key, is_there as has_key};
pub(crate) use make::{Backup, BackupError, open};

/// The statements of this module, for the test that prepares each.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&kiavi_db::Sql] = &[
    &store::INSERT_RUN,
    &store::RUNS,
    &store::RUN,
    &store::SCHEDULE,
    &store::SET_SCHEDULE,
    &store::FORGET_RUNS,
    &order::store::INSERT_ORDER,
    &order::store::ORDERS_OF_A_DAY,
    &order::store::FORGET_ORDERS,
    &order::store::KEPT_ARCHIVE,
    &order::store::ORDERS,
    &order::store::TAKE_ORDER,
    &order::store::TELL_ORDER,
    &order::store::END_ORDER,
    &order::store::RESTORE_ORDER,
    &order::store::ARCHIVE_REMOVED,
];
