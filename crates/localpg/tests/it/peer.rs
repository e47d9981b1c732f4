//! As root: who may log in as whom, and where the server lives.

use std::{
    fs,
    os::{fd::OwnedFd, unix::fs::PermissionsExt},
    sync::Mutex,
};

use kiavi_db::{AdminConnection, BoxFuture, Connect, DbError, Login, Stream};
use kiavi_localpg::{
    CONTROL_DATABASE, CONTROL_ROLE, CONTROL_UID, Cluster, FIRST_TENANT_UID, POSTGRES_UID, SUPERUSER,
    TEMPLATE_DATABASE,
};

use crate::{Folder, needs_root, start};

pub(crate) const TENANT: &str = "tenantaaaaaaaaaaaaaaaaaaa";

/// A connection that was made already.
struct Handed(Mutex<Option<OwnedFd>>);

impl Connect for Handed {
    fn connect(&self) -> BoxFuture<'_, std::io::Result<Stream>> {
        let stream = self.0.lock().unwrap().take().unwrap();
        Box::pin(async move { Stream::from_fd(stream) })
    }
}

/// Logs in as `uid`.
pub(crate) async fn log_in(
    cluster: &Cluster,
    uid: u32,
    user: &str,
    database: &str,
) -> Result<AdminConnection, DbError> {
    let handed = Handed(Mutex::new(Some(cluster.connect_as(uid).unwrap())));
    AdminConnection::connect(&handed, &Login::new(user, database)).await
}

/// Makes a tenant the way control does, as control's role.
pub(crate) async fn provision(cluster: &mut Cluster, uid: u32, name: &str) {
    cluster.add_account(uid, name).unwrap();
    let control = log_in(cluster, CONTROL_UID, CONTROL_ROLE, CONTROL_DATABASE).await.unwrap();
    for statement in [
        format!("CREATE ROLE {name} LOGIN IN ROLE kiavi_tenants"),
        format!("CREATE DATABASE spare_{name} TEMPLATE {TEMPLATE_DATABASE} STRATEGY wal_log"),
        format!("REVOKE ALL ON DATABASE spare_{name} FROM PUBLIC"),
        format!("ALTER DATABASE spare_{name} RENAME TO {name}"),
        format!("GRANT CONNECT ON DATABASE {name} TO {name}"),
    ] {
        control.batch_execute(&statement).await.unwrap();
    }
}

#[tokio::test]
async fn a_uid_is_its_role_in_its_database_and_nothing_else() {
    if !needs_root("a_uid_is_its_role_in_its_database_and_nothing_else") {
        return;
    }
    let folder = Folder::new();
    // No other account may pass through the folders above the socket.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let mut cluster = start(&folder).await;
    let (uid, other_uid, other) = (FIRST_TENANT_UID, FIRST_TENANT_UID + 1, "tenantbbbbbbbbbbbbbbbbbbb");
    provision(&mut cluster, uid, TENANT).await;
    provision(&mut cluster, other_uid, other).await;

    let connection = log_in(&cluster, uid, TENANT, TENANT).await.unwrap();
    let row = connection.query_opt("SELECT current_user::text, current_database()::text", &[]).await.unwrap();
    let row = row.unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), (TENANT, TENANT));
    assert!(rustix::process::geteuid().is_root());
    cluster.admin("postgres").await.unwrap();

    for (uid, user, database) in [
        (uid, TENANT, other),
        (uid, TENANT, "postgres"),
        (uid, TENANT, "template1"),
        (uid, TENANT, "no_such_database"),
        (uid, other, other),
        (uid, SUPERUSER, TENANT),
        (uid, SUPERUSER, "postgres"),
        (uid, CONTROL_ROLE, TENANT),
        (CONTROL_UID, SUPERUSER, "postgres"),
        (CONTROL_UID, TENANT, TENANT),
        (POSTGRES_UID, SUPERUSER, "postgres"),
        (FIRST_TENANT_UID + 2, TENANT, TENANT),
        (65_534, TENANT, TENANT),
        (0, TENANT, TENANT),
    ] {
        let outcome = log_in(&cluster, uid, user, database).await;
        assert!(matches!(outcome, Err(DbError::Unavailable(_))), "{uid} as {user} in {database}");
    }
    for database in [TENANT, other, CONTROL_DATABASE, TEMPLATE_DATABASE] {
        log_in(&cluster, CONTROL_UID, CONTROL_ROLE, database).await.unwrap();
    }
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn the_server_has_its_own_account_mounts_and_network() {
    if !needs_root("the_server_has_its_own_account_mounts_and_network") {
        return;
    }
    let folder = Folder::new();
    let cluster = start(&folder).await;
    let process = format!("/proc/{}", cluster.pid());
    let status = fs::read_to_string(format!("{process}/status")).unwrap();
    let ids = format!("{POSTGRES_UID}\t{POSTGRES_UID}\t{POSTGRES_UID}\t{POSTGRES_UID}");
    assert!(status.contains(&format!("Uid:\t{ids}")) && status.contains(&format!("Gid:\t{ids}")), "{status}");
    assert!(status.contains("Groups:\t \n") && status.contains("NoNewPrivs:\t1"), "{status}");
    for namespace in ["mnt", "net"] {
        let of = |process: &str| fs::read_link(format!("{process}/ns/{namespace}")).unwrap();
        assert_ne!(of(&process), of("/proc/self"));
    }
    let seen = |path: &str| {
        let entries = fs::read_dir(format!("{process}/root{path}")).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(seen("/run"), ["kiavi-postgres"]);
    assert!(
        seen("/etc").iter().all(|name| ["ld.so.cache", "nsswitch.conf", "passwd"].contains(&name.as_str()))
    );
    let network = fs::read_to_string(format!("{process}/net/dev")).unwrap();
    assert_eq!(
        network.lines().skip(2).filter(|line| !line.trim().starts_with("lo:")).count(),
        0,
        "{network}"
    );
    cluster.stop().await.unwrap();
}
