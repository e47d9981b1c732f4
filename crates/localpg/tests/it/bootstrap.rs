//! Roles and databases are there after any number of attempts.

use futures_util::future::join_all;
use kiavi_localpg::{CONTROL_DATABASE, TEMPLATE_DATABASE, bootstrap};

use crate::{Folder, start};

#[tokio::test]
async fn concurrent_and_repeated_attempts_make_everything_once() {
    let folder = Folder::new();
    let cluster = start(&folder).await;
    let admin = cluster.admin("postgres").await.unwrap();
    // As if an earlier attempt had been interrupted.
    admin.batch_execute("COMMENT ON DATABASE kiavi_template IS NULL").await.unwrap();
    admin.batch_execute(&format!("DROP DATABASE {CONTROL_DATABASE}")).await.unwrap();
    let connector = cluster.connector();
    for outcome in join_all((0..4).map(|_| bootstrap(&*connector))).await {
        outcome.unwrap();
    }
    let databases = "SELECT datname::text, datistemplate, datacl::text FROM pg_database \
                     WHERE datname LIKE 'kiavi%' ORDER BY datname";
    let rows = admin.query(databases, &[]).await.unwrap();
    let found: Vec<(&str, bool)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(found, [(CONTROL_DATABASE, false), (TEMPLATE_DATABASE, true)]);
    for row in &rows {
        assert_eq!(row.get::<_, &str>(2), "{kiavi_control=CTc/kiavi_control}");
    }
    cluster.stop().await.unwrap();
}
