//! The words every other crate speaks: identifiers, secrets, e-mail addresses, networks, locales, devices, time, chance and counts.
//!
//! Nothing here does I/O. [`Clock`] and [`Rng`] are arguments, never globals, so that a test decides both.

mod clock;
mod counts;
mod device;
mod email;
mod id;
mod locale;
mod network;
mod rng;

pub use clock::{Clock, ManualClock, SystemClock};
pub use counts::{ClassCounts, DURATION_BOUNDS, Histogram, RequestClass, RequestCounts, STATUS_GROUPS};
pub use device::{Device, DeviceKind, DeviceTrait};
pub use email::{EmailAddress, InvalidEmailAddress};
pub use id::{EventId, Hostname, InvalidName, RequestId, Slug, TenantId, UserId, WorkspaceId};
pub use locale::Locale;
pub use network::{InvalidNetwork, Network, network_of};
pub use rng::{Alphabet, Rng, SeededRng, random_bytes, random_text};
pub use secrecy::{ExposeSecret, SecretSlice, SecretString};
