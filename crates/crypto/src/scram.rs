//! What PostgreSQL stores in place of a password.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2::{PBKDF2_HMAC_SHA256, derive};
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::zeroize::Zeroizing;

use crate::{hmac_sha256, sha256};

/// PostgreSQL's own number. It slows down who guesses; a password that is a random key needs no such help.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(4096).unwrap();

/// The verifier that `ALTER ROLE … PASSWORD` takes as it is (PostgreSQL manual, `pg_authid.rolpassword`; RFC 5802 §3), so
/// that the password itself is never in a statement: `SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY`. It has no
/// character that SQL would have to quote.
///
/// `password` is ASCII, to which SASLprep (RFC 4013) does nothing.
pub fn scram_verifier(password: &str, salt: &[u8; 16]) -> String {
    debug_assert!(password.is_ascii(), "SASLprep is left out");
    let mut salted = Zeroizing::new([0; 32]);
    derive(PBKDF2_HMAC_SHA256, ITERATIONS, salt, password.as_bytes(), &mut *salted);
    let client_key = Zeroizing::new(hmac_sha256(&*salted, b"Client Key"));
    let stored_key = sha256(&*client_key);
    let server_key = hmac_sha256(&*salted, b"Server Key");
    let text = |bytes: &[u8]| STANDARD.encode(bytes);
    format!("SCRAM-SHA-256${ITERATIONS}:{}${}:{}", text(salt), text(&stored_key), text(&server_key))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exchange of RFC 7677 §3: the server's final message is HMAC(ServerKey, AuthMessage), and the client's proof
    /// gives the key whose hash is StoredKey.
    #[test]
    fn the_verifier_is_that_of_the_rfcs_exchange() {
        let salt: [u8; 16] = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap().try_into().unwrap();
        let verifier = scram_verifier("pencil", &salt);
        let (head, keys) = verifier.rsplit_once('$').unwrap();
        assert_eq!(head, "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==");
        let (stored, server) = keys.split_once(':').unwrap();
        let exchange = "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                        s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let decoded = |text: &str| STANDARD.decode(text).unwrap();
        let signature = hmac_sha256(&decoded(server), exchange.as_bytes());
        assert_eq!(STANDARD.encode(signature), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        let proof = decoded("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        let signature = hmac_sha256(&decoded(stored), exchange.as_bytes());
        let client_key: Vec<u8> = proof.iter().zip(signature).map(|(a, b)| a ^ b).collect();
        assert_eq!(sha256(&client_key).to_vec(), decoded(stored));
    }
}
