//! Whole ceremonies: the W3C's test vectors, and a software authenticator that can misbehave.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, and so do its helpers")]

mod software;
mod vectors;
