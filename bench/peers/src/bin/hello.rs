//! A bare axum server: what HTTP itself costs on this machine. `hello PORT`; prints `ready` when it listens.

use axum::{Router, routing::get};

// One thread, as an engine has.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).ok_or("hello PORT")?.parse()?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("ready");
    axum::serve(listener, Router::new().fallback(get(|| async { "hello" }))).await?;
    Ok(())
}
