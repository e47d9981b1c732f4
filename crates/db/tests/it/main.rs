//! Behaviour of lanes, transactions, errors and migrations against a real server.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod claim;
mod connections;
mod errors;
mod foreign;
mod groups;
mod migrations;
mod transactions;
mod wire;
mod writer;

use std::{sync::Arc, time::Duration};

use kiavi_db::{AdminConnection, Connect, Database, DbError, Sql};
use kiavi_testkit::TestDatabase;

const BACKEND: Sql = Sql::new("BACKEND", "SELECT pg_backend_pid()");
const INSERT: Sql = Sql::new("INSERT", "INSERT INTO item (id) VALUES ($1)");
const IDS: Sql = Sql::new("IDS", "SELECT id FROM item ORDER BY id");

async fn items() -> TestDatabase {
    async fn migrate(admin: &mut AdminConnection) -> Result<(), DbError> {
        let tables = "CREATE TABLE item (id int PRIMARY KEY, note jsonb)";
        admin.batch_execute(tables).await
    }
    TestDatabase::new("items", migrate).await
}

fn database_through(test: &TestDatabase, connect: Arc<dyn Connect>) -> Database {
    Database::new(connect, test.login())
}

async fn ids(database: &Database) -> Vec<i32> {
    database.query(&IDS, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn backend(database: &Database) -> i32 {
    database.query_one(&BACKEND, &[]).await.unwrap().get(0)
}

/// Waits for a condition that other tasks bring about.
async fn until(condition: impl AsyncFn() -> bool) {
    let waiting = async {
        while !condition().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap();
}

/// Polls `work` that many times and drops it, finished or not.
async fn give_up_after<T>(polls: usize, work: impl Future<Output = T>) {
    let mut work = Box::pin(work);
    for _ in 0..polls {
        if futures_util::poll!(work.as_mut()).is_ready() {
            return;
        }
        tokio::task::yield_now().await;
    }
}
