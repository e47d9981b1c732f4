//! Routes of the names under which a tenant is reached.

use crate::{
    Permission as P,
    api::{
        HAS_DOMAIN, NO_NEW_PROOF, READ, certificate_records, certificates,
        code::Code,
        domains, hostnames,
        route::{Route, Takes, may, may_with_proof},
    },
    audit::{EventType as E, nothing, writes},
};

pub(super) fn hostname_routes() -> [Route; 4] {
    use Code as C;
    const CHANGE: &[C] = &[
        C::InvalidHostname,
        C::HostnameNotFound,
        C::HostnamePrimary,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
        C::TooManyStreams,
    ];
    const ADD: &[C] = &[
        C::InvalidHostname,
        C::HostnameTaken,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
        C::TooManyStreams,
    ];
    const PRIMARY: &[C] = &[
        C::InvalidHostname,
        C::HostnameNotFound,
        C::RpIdChange,
        C::InvalidSettings,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
        C::TooManyStreams,
    ];
    [
        Route::new(hostnames::list, hostnames::__path_list, may(P::TenantRead), nothing(READ)),
        // Without a proof in the DNS, so this takes the word of the operator of this machine.
        Route::new(
            hostnames::add,
            hostnames::__path_add,
            may_with_proof(P::TenantManage),
            writes(&[E::TenantHostnamesChanged]),
        )
        .local()
        .takes(Takes::Json)
        .resumes()
        .problems(ADD),
        Route::new(
            hostnames::remove,
            hostnames::__path_remove,
            may_with_proof(P::TenantManage),
            writes(&[E::TenantHostnamesChanged]),
        )
        .problems(CHANGE),
        Route::new(
            hostnames::make_primary,
            hostnames::__path_make_primary,
            may_with_proof(P::TenantManage),
            writes(&[E::TenantHostnamesChanged]),
        )
        .takes(Takes::Json)
        .resumes()
        .problems(PRIMARY),
    ]
}

pub(super) fn domain_routes() -> [Route; 6] {
    use Code as C;
    const ONE: &[C] = &[C::InvalidHostname, C::DomainNotFound];
    const ADD: &[C] = &[
        C::InvalidHostname,
        C::HostnameTaken,
        C::DomainLimit,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
        C::VaultUnavailable,
    ];
    const VERIFY: &[C] = &[
        C::InvalidHostname,
        C::DomainNotFound,
        C::HostnameTaken,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
    ];
    const REMOVE: &[C] = &[
        C::InvalidHostname,
        C::DomainNotFound,
        C::HostnamePrimary,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
        C::TooManyStreams,
    ];
    [
        Route::new(domains::list, domains::__path_list, may(P::TenantRead), nothing(READ)),
        // It changes nothing for anybody until the record is there.
        Route::new(
            domains::add,
            domains::__path_add,
            may(P::TenantManage),
            writes(&[E::TenantDomainAdded]).unless(HAS_DOMAIN),
        )
        .takes(Takes::Json)
        .resumes()
        .problems(ADD),
        Route::new(domains::show, domains::__path_show, may(P::TenantRead), nothing(READ)).problems(ONE),
        Route::new(
            domains::verify,
            domains::__path_verify,
            may_with_proof(P::TenantManage),
            writes(&[E::TenantDomainVerified]).unless(NO_NEW_PROOF),
        )
        .resumes()
        .problems(VERIFY),
        Route::new(
            domains::remove,
            domains::__path_remove,
            may_with_proof(P::TenantManage),
            writes(&[E::TenantDomainRemoved]),
        )
        .problems(REMOVE),
        Route::new(domains::alarms, domains::__path_alarms, may(P::TenantRead), nothing(READ)).local(),
    ]
}

pub(super) fn certificate_routes() -> [Route; 6] {
    use Code as C;
    const ONE: &[C] = &[C::InvalidHostname, C::CertificateNotFound];
    [
        Route::new(certificates::list, certificates::__path_list, may(P::TenantRead), nothing(READ)),
        Route::new(certificates::show, certificates::__path_show, may(P::TenantRead), nothing(READ))
            .problems(ONE),
        Route::new(
            certificates::renew,
            certificates::__path_renew,
            may(P::TenantManage),
            writes(&[E::CertificateRenewalRequested]),
        )
        .problems(ONE),
        Route::new(certificates::root, certificates::__path_root, may(P::TenantRead), nothing(READ))
            .local()
            .problems(&[C::VaultUnavailable]),
        Route::new(
            certificate_records::take,
            certificate_records::__path_take,
            may(P::TenantManage),
            nothing("what comes of the order is an event"),
        )
        .local()
        .takes(Takes::Json),
        Route::new(
            certificate_records::tell,
            certificate_records::__path_tell,
            may(P::TenantManage),
            nothing("what comes of the order is an event"),
        )
        .local()
        .takes(Takes::Json)
        .problems(&[C::CertificateRecordNotFound]),
    ]
}
