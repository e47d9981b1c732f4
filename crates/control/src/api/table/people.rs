//! Routes of who may do what: keys, members, invitations.

use crate::{
    Permission as P,
    api::{
        FOLLOWS_MEMBER, READ,
        code::Code,
        first_owner, invitations, keys, members,
        route::{Route, Takes, may, may_with_proof},
    },
    audit::{EventType as E, nothing, writes},
};

pub(super) fn key_routes() -> [Route; 5] {
    use Code as C;
    [
        Route::new(keys::list, keys::__path_list, may(P::KeyRead), nothing(READ))
            .takes(Takes::Query)
            .problems(&[C::InvalidCursor, C::WorkspaceNotFound]),
        Route::new(
            keys::create,
            keys::__path_create,
            may_with_proof(P::KeyManage),
            writes(&[E::ManagementKeyCreated]),
        )
        .takes(Takes::Json)
        .problems(&[C::InvalidName, C::InvalidKey, C::ScopesTooWide, C::WorkspaceNotFound]),
        Route::new(keys::show, keys::__path_show, may(P::KeyRead), nothing(READ)),
        Route::new(
            keys::rotate,
            keys::__path_rotate,
            may_with_proof(P::KeyManage),
            writes(&[E::ManagementKeyRotated]),
        )
        .takes(Takes::Json)
        .problems(&[C::InvalidKey, C::ScopesTooWide, C::KeyNotActive]),
        Route::new(
            keys::revoke,
            keys::__path_revoke,
            may_with_proof(P::KeyManage),
            writes(&[E::ManagementKeyRevoked]).unless("it was revoked"),
        ),
    ]
}

pub(super) fn member_routes() -> [Route; 8] {
    use Code as C;
    const CHANGE: &[C] = &[C::RoleAbove, C::LastOwner];
    const INVITE: &[C] = &[C::RoleAbove, C::InvalidInvitation, C::MemberExists, C::InvitationExists];
    [
        Route::new(members::list, members::__path_list, may(P::MemberRead), nothing(READ))
            .takes(Takes::Query)
            .problems(&[C::InvalidCursor]),
        Route::new(
            members::change,
            members::__path_change,
            may_with_proof(P::MemberManage),
            writes(&[E::MemberRoleChanged]).unless("it is their role").besides(FOLLOWS_MEMBER),
        )
        .takes(Takes::Json)
        .problems(CHANGE),
        Route::new(
            members::remove,
            members::__path_remove,
            may_with_proof(P::MemberManage),
            writes(&[E::MemberRemoved]).besides(FOLLOWS_MEMBER),
        )
        .problems(CHANGE),
        Route::new(invitations::list, invitations::__path_list, may(P::MemberRead), nothing(READ))
            .takes(Takes::Query)
            .problems(&[C::InvalidCursor]),
        Route::new(
            invitations::create,
            invitations::__path_create,
            may_with_proof(P::MemberManage),
            writes(&[E::InvitationCreated]),
        )
        .takes(Takes::Json)
        .problems(INVITE),
        Route::new(
            invitations::resend,
            invitations::__path_resend,
            may(P::MemberManage),
            writes(&[E::InvitationResent]),
        )
        .takes(Takes::Json)
        .problems(&[C::RoleAbove, C::InvitationEnded]),
        Route::new(
            invitations::revoke,
            invitations::__path_revoke,
            may(P::MemberManage),
            writes(&[E::InvitationRevoked]).unless("it had ended"),
        ),
        Route::new(
            first_owner::create,
            first_owner::__path_create,
            may(P::WorkspaceManage),
            writes(&[E::OwnerLinkCreated]),
        )
        .local()
        .takes(Takes::Json)
        .problems(&[C::OwnerExists]),
    ]
}
