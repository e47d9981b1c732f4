//! The auditor's rounds on real databases, with the witness's own rules at the other end.

mod cosigning;
mod log;
mod pruning;
mod rights;
mod rounds;
