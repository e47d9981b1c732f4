//! Every statement against the schema as it is, and names that two crates have to agree on.

use kiavi_db::prepare_all;

use super::{Instance, SUPERUSER};
use crate::{
    AUDITOR_ROLE, CONTROL_ROLE, OWNER_GROUP, TEMPLATE_DATABASE, TENANT_GROUP, address, attempt, audit,
    console, invitation, key, log, member, orphans, provision, rotation,
    settings::store as settings_store,
    standing,
    tenant::{create, store},
    workspace,
};

#[test]
fn the_names_are_those_that_the_private_cluster_has() {
    use kiavi_localpg as localpg;
    assert_eq!(
        (AUDITOR_ROLE, CONTROL_ROLE, TENANT_GROUP, OWNER_GROUP, TEMPLATE_DATABASE, SUPERUSER),
        (
            localpg::AUDITOR_ROLE,
            localpg::CONTROL_ROLE,
            localpg::TENANTS_ROLE,
            localpg::OWNERS_ROLE,
            localpg::TEMPLATE_DATABASE,
            localpg::SUPERUSER
        )
    );
}

#[tokio::test]
async fn every_statement_fits_the_schema() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let statements = [
        &audit::INSERT_EVENT,
        &attempt::WRITE_ATTEMPT,
        &attempt::ATTEMPT,
        &attempt::KEEP_ANSWER,
        &attempt::FREE_ATTEMPT,
        &attempt::FORGET_ATTEMPTS,
        &key::store::KEY_BY_HASH,
        &key::store::KEY_USED,
        &key::store::KEY_BY_ID,
        &key::store::KEYS_BEFORE,
        &key::store::INSERT_KEY,
        &key::store::HAS_KEYS,
        &key::store::ROTATE_KEY,
        &key::store::REVOKE_KEY,
        &key::store::REVOKE_KEYS_BY_NAME,
        &key::end::KEYS_KNOWN_TO,
        &key::end::KEYS_BY_HOLDER,
        &key::end::NARROW_KEY,
        &key::end::END_PREVIOUS_SECRET,
        &workspace::store::WORKSPACE_BY_ID,
        &workspace::store::WORKSPACE_BY_SLUG,
        &workspace::store::WORKSPACES_AFTER,
        &workspace::store::INSERT_WORKSPACE,
        &store::TENANT_BY_ID,
        &store::TENANT_BY_SLUG,
        &store::TENANTS_AFTER,
        &store::TENANTS_OF_WORKSPACE_AFTER,
        &store::INSERT_TENANT,
        &store::STEPS,
        &store::START_STEP,
        &store::FINISH_STEP,
        &store::SET_STATE,
        &store::SET_SCHEMA_VERSION,
        &store::MIGRATE_STOPPED,
        &settings_store::INSERT_FIRST_SETTINGS,
        &settings_store::CHANGE_SETTINGS,
        &settings_store::SETTINGS_VERSION,
        &settings_store::SETTINGS_VERSIONS_BEFORE,
        &settings_store::SETTINGS_VERSIONS_AFTER,
        &settings_store::SET_SETTINGS_DELIVERED,
        &store::SET_FAILED,
        &store::SET_REACHED,
        &store::STEPS_TO_DO,
        &store::OVERDUE_TENANTS,
        &address::HOSTNAMES,
        &address::HOSTNAMES_OF_ALL,
        &address::OVERDUE_HOSTNAMES,
        &rotation::SECRET_ROTATED_AT,
        &orphans::DATABASES,
        &orphans::ROLES,
        &orphans::ALL_TENANTS,
        &log::store::KEEP_LOG,
        &log::store::LOG,
        &log::store::LOCK_LOG,
        &log::store::SEE_LOG,
        &log::store::REFUSE_LOG,
        &log::store::ALARMS,
        &log::store::IS_CONTRADICTED,
        &create::KEPT_HOSTNAME,
        &create::TAKE_SPARE,
        &create::INSERT_SPARE,
        &store::DELETE_TENANT,
        &store::DUE_TENANTS,
        &store::BACKLOG,
        &store::TENANTS_BY_STATE,
        &store::NEXT_RETRY,
        &store::OUTDATED_SCHEMAS_TO_DO,
        &store::ANNOUNCEMENTS_TO_DO,
        &store::ALL_TO_DO,
        &store::START_AGAIN,
        &store::FINISH_IMPORT,
        &store::GIVE_UP_IMPORTS,
    ];
    prepare_all(&control.parts().database, &statements).await.unwrap();
}

#[tokio::test]
async fn every_statement_of_a_part_fits_the_schema() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let parts = [
        provision::STATEMENTS,
        crate::server::overdue::STATEMENTS,
        crate::server::own_settings::STATEMENTS,
        crate::backup::STATEMENTS,
        crate::certificate::store::STATEMENTS,
        crate::domain::store::STATEMENTS,
        crate::ended::STATEMENTS,
        crate::isolation::store::STATEMENTS,
        crate::view::store::STATEMENTS,
        crate::platform::STATEMENTS,
    ];
    for statements in parts.into_iter().chain([crate::instance::STATEMENTS]) {
        prepare_all(&control.parts().database, statements).await.unwrap();
    }
}

#[tokio::test]
async fn every_statement_about_people_fits_the_schema() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let statements = [
        &workspace::store::RENAME_WORKSPACE,
        &member::store::MEMBER,
        &member::store::MEMBERS_AFTER,
        &member::store::MEMBER_BY_EMAIL,
        &member::store::PUT_MEMBER,
        &member::store::JOIN_MEMBER,
        &member::store::DELETE_MEMBER,
        &standing::LOCK_WORKSPACE,
        &standing::ROLE_NOW,
        &standing::SCOPES_NOW,
        &member::store::OWNERS,
        &member::store::WORKSPACES_OF_PERSON,
        &invitation::store::INVITATION,
        &invitation::store::INVITATION_BY_HASH,
        &invitation::store::INVITATIONS_BEFORE,
        &invitation::store::INVITATIONS_FOR,
        &invitation::store::INVITATIONS_TODAY,
        &invitation::store::GIVE_UP_EXPIRED,
        &invitation::store::INSERT_INVITATION,
        &invitation::store::RENEW_INVITATION,
        &invitation::store::INVITATION_SENT,
        &invitation::store::REVOKE_INVITATION,
        &invitation::store::REVOKE_INVITATIONS_OF,
        &invitation::store::ACCEPT_INVITATION,
        &console::first_owner::HAS_OWNER,
        &console::first_owner::REPLACE_OWNER_LINK,
        &console::first_owner::OWNER_LINK,
        &console::first_owner::TAKE_OWNER_LINK,
        &console::session::KEEP_PERSON,
        &console::session::INSERT_CONSOLE_SESSION,
        &console::session::CONSOLE_SESSION,
        &console::session::CONSOLE_SESSION_CHECKED,
        &console::session::CONSOLE_SESSION_USED,
        &console::session::CONSOLE_SESSION_AT,
        &console::session::END_CONSOLE_SESSION,
        &console::session::FORGET_CONSOLE_SESSIONS,
    ];
    prepare_all(&control.parts().database, &statements).await.unwrap();
}
