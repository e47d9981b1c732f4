//! The words every other crate speaks: identifiers, secrets, e-mail addresses, locales, time and chance.
//!
//! Nothing here does I/O. [`Clock`] and [`Rng`] are arguments, never globals, so that a test decides both.

mod clock;
mod email;
mod id;
mod locale;
mod rng;

pub use clock::{Clock, ManualClock, SystemClock};
pub use email::{EmailAddress, InvalidEmailAddress};
pub use id::{EventId, Hostname, InvalidName, RequestId, Slug, TenantId, UserId, WorkspaceId};
pub use locale::Locale;
pub use rng::{Alphabet, Rng, SeededRng, random_bytes, random_text};
pub use secrecy::{ExposeSecret, SecretSlice, SecretString};
