//! A process that owns a cluster, for tests that kill it. Says `ready` and the server's process id, and stops
//! when its input ends.

use std::{
    env,
    error::Error,
    io::{self, Read, Write},
    process::ExitCode,
};

use kiavi_localpg::{Cluster, ClusterConfig, is_role, serve_role};

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let outcome = if arguments.first().is_some_and(|verb| is_role(verb)) {
        Err(serve_role(arguments).into())
    } else {
        host()
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn host() -> Result<(), Box<dyn Error>> {
    let data = env::args_os().nth(1).ok_or("the first argument is the data folder")?;
    let root = rustix::process::geteuid().is_root();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let cluster = Cluster::start(ClusterConfig::new(data, root, env::current_exe()?)).await?;
        writeln!(io::stdout(), "ready {}", cluster.pid())?;
        io::stdin().read_to_end(&mut Vec::new())?;
        cluster.stop().await?;
        Ok(())
    })
}
