//! Certificate authorities: those of the system, which come through the door, and those of the tenant's settings.

use kiavi_ipc::egress::split_certificates;
use kiavi_ipc::{SealedDocument, SealedDocumentError};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Whether the text is one or more certificates and nothing else.
pub fn is_usable(pem: &str) -> bool {
    let mut store = RootCertStore::empty();
    let mut all = CertificateDer::pem_slice_iter(pem.as_bytes());
    all.all(|certificate| certificate.is_ok_and(|certificate| store.add(certificate).is_ok()))
        && !store.is_empty()
}

/// What to believe: the system's authorities and `extra` ones (PEM). One that cannot be used is left out: the
/// tenant's own were checked when they were set, and a system has odd ones among many.
pub(crate) fn load(system: SealedDocument, extra: &[String]) -> Result<RootCertStore, SealedDocumentError> {
    let mut store = RootCertStore::empty();
    let bytes = system.read()?;
    store.add_parsable_certificates(split_certificates(&bytes).map(CertificateDer::from));
    let extra = extra.iter().flat_map(|pem| CertificateDer::pem_slice_iter(pem.as_bytes()));
    store.add_parsable_certificates(extra.filter_map(Result::ok));
    Ok(store)
}
