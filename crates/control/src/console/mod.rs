//! The console's own sign-in: a tenant like any other, which the control plane makes and keeps for itself.
//!
//! 1. A browser without a session is sent to the tenant's `/sign-in/console` with a state and the hash of a secret;
//!    both are in a sealed cookie of this browser ([`entry::Flow`]).
//! 2. It comes back with a code. State and cookie must be of one browser; the code is redeemed over the management
//!    door with the secret, once, and tells who signed in, when and by what method.
//! 3. The browser gets a session of the console's own ([`session`]), which ends when it is not used for eight hours,
//!    after a day, when somebody signs out, or when the tenant's session has ended, which is asked every ten seconds.

pub(crate) mod entry;
pub(crate) mod first_owner;
pub(crate) mod session;
pub(crate) mod tenant;

pub use tenant::{CONSOLE_SLUG, SIGN_IN_LABEL};
