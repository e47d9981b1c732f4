//! auditor ↔ control, which is the witness of every log: over a channel of their own, by the rules of C2SP tlog-witness.

use kiavi_base::TenantId;
use minicbor::{Decode, Encode};

/// What the auditor asks.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ToWitness {
    /// What was cosigned of this log last?
    #[n(0)]
    Look {
        /// Names the answer.
        #[n(0)]
        request: u64,
        /// Whose log.
        #[n(1)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
    },
    /// Cosign this checkpoint.
    #[n(1)]
    Cosign {
        /// Names the answer.
        #[n(0)]
        request: u64,
        /// Whose log.
        #[n(1)]
        #[cbor(with = "crate::codec::text")]
        tenant: TenantId,
        /// The checkpoint, and that the log has only grown since the one before: the body of a request in the form of C2SP
        /// tlog-witness, add-checkpoint.
        #[n(2)]
        body: String,
        /// Whether something has ended in the tenant that control has not written down yet. A program of before does not say.
        #[n(3)]
        has_ended: Option<bool>,
    },
}

/// What the witness answers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum FromWitness {
    /// What it cosigned last.
    #[n(0)]
    Seen {
        /// The request's number.
        #[n(0)]
        request: u64,
        /// The tree; `None` when the log is new to it.
        #[n(1)]
        tree: Option<SeenTree>,
    },
    /// It has remembered the checkpoint and signs it.
    #[n(1)]
    Cosigned {
        /// The request's number.
        #[n(0)]
        request: u64,
        /// The line to be added to the note.
        #[n(1)]
        line: String,
    },
    /// It does not sign.
    #[n(2)]
    Refused {
        /// The request's number.
        #[n(0)]
        request: u64,
        /// Why.
        #[n(1)]
        refusal: Refusal,
    },
}

/// A tree that the witness has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct SeenTree {
    /// How many leaves it has.
    #[n(0)]
    pub size: u64,
    /// Its root.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub root: [u8; 32],
}

/// Why a checkpoint is not cosigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Refusal {
    /// The proof begins at another tree than the one that was seen last: ask again with a proof from there.
    #[n(0)]
    Elsewhere {
        /// The size of the one seen last.
        #[n(0)]
        size: u64,
    },
    /// The log contradicts what was seen of it.
    #[n(1)]
    Contradiction,
    /// It is no log that is known here, or not its checkpoint.
    #[n(2)]
    Unknown,
    /// Not now.
    #[n(3)]
    Unavailable,
}

impl FromWitness {
    /// The number of the request that this answers.
    pub fn request(&self) -> u64 {
        match self {
            Self::Seen { request, .. } | Self::Cosigned { request, .. } | Self::Refused { request, .. } => {
                *request
            }
        }
    }
}
