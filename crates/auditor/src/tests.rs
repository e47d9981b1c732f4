//! The auditor's rounds on real databases, with the witness's own rules at the other end.

mod rounds;
