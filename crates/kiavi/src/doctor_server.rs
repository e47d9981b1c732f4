//! What `kiavi doctor` finds at a database server on a network.

use std::path::Path;
use std::time::{Duration, Instant};

use kiavi_control::{ServerFinding, ServerVerdict, inspect};
use kiavi_db::{AdminConnection, DbError, Login, RefusedReason, RemoteServer, RemoteUrl};

use crate::client::ClientError;
use crate::doctor::{Finding, Verdict};
use crate::log;
use crate::postgres_url;
use crate::tenant::block_on;

const NAME: &str = "Database server";
/// The database that every server has, to look around from while there is none of ours.
const MAINTENANCE_DATABASE: &str = "postgres";
/// Round trips whose middle is told.
const ROUND_TRIPS: usize = 15;
/// A sign-in is some ten round trips.
const SLOW: Duration = Duration::from_millis(5);

/// The findings; what stops an instance from using the server is [`Verdict::Missing`].
pub(crate) fn findings(file: &Path) -> Vec<Finding> {
    let url = match postgres_url::read(file).and_then(|url| postgres_url::config(&url).map(|_| url)) {
        Ok(url) => url,
        Err(error) => return vec![Finding::new(NAME, Verdict::Missing, error.to_string())],
    };
    let looked =
        block_on(async { look(&url).await.map_err(|error| ClientError::Failed(log::chain(&*error))) });
    looked.unwrap_or_else(|error| vec![Finding::new(NAME, Verdict::Missing, error.to_string())])
}

async fn look(url: &RemoteUrl) -> Result<Vec<Finding>, Box<dyn std::error::Error>> {
    let server = RemoteServer::new(url)?;
    let connection = connect(&server, url).await?;
    let findings = inspect(&connection, &url.database).await?;
    let mut findings: Vec<_> = findings.into_iter().map(told).collect();
    findings.push(latency(&connection).await?);
    Ok(findings)
}

async fn connect(server: &RemoteServer, url: &RemoteUrl) -> Result<AdminConnection, DbError> {
    match AdminConnection::connect(server, &Login::new(&url.user, &url.database)).await {
        Err(error) if error.refused() == Some(RefusedReason::NoDatabase) => {
            AdminConnection::connect(server, &Login::new(&url.user, MAINTENANCE_DATABASE)).await
        }
        connection => connection,
    }
}

fn told(ServerFinding { verdict, detail }: ServerFinding) -> Finding {
    let verdict = match verdict {
        ServerVerdict::Ok => Verdict::Ok,
        ServerVerdict::Warning => Verdict::Warning,
        ServerVerdict::Missing => Verdict::Missing,
    };
    Finding::new(NAME, verdict, detail)
}

async fn latency(connection: &AdminConnection) -> Result<Finding, DbError> {
    let mut times = Vec::with_capacity(ROUND_TRIPS);
    for _ in 0..ROUND_TRIPS {
        let begin = Instant::now();
        connection.batch_execute("").await?;
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    let middle = times[ROUND_TRIPS / 2];
    let detail = format!("{:.2} ms for a round trip", middle.as_secs_f64() * 1000.0);
    Ok(if middle > SLOW {
        Finding::new(
            NAME,
            Verdict::Warning,
            format!("{detail}: a server nearer to this machine answers faster"),
        )
    } else {
        Finding::new(NAME, Verdict::Ok, detail)
    })
}
