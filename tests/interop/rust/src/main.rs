//! A real rust-libp2p node that a test drives: one JSON request a line on standard input, one JSON answer or event a
//! line on standard output. TCP, Noise and Yamux, gossipsub with rust's own defaults (strict signatures, message ids of
//! base58 and decimal, 65,536 bytes an RPC), identify, ping, and perf for the streams.
//!
//!     {"id":1,"do":"connect","address":"/ip4/127.0.0.1/tcp/3000/p2p/12D3…"}   →   {"id":1,"peer_id":"12D3…",…}
//!     {"id":2,"do":"publish","topic":"t","data":"base64"}                     →   {"id":2,"error":"…"} when it fails
//!     events carry "event" and no id: ready, connected, disconnected, identified, pong, topic_peer, mesh, message, slow
//!
//! Requests: info, connect, disconnect, connections, identify, ping, perf, streams, half_close, open, subscribe,
//! unsubscribe, publish, mesh, close. It ends at end of input, or on "close".
//!
//! As a relay, for benchmarks: `rust-peer --relay=TOPIC` subscribes at once and reports no messages, only "ready" with
//! its addresses. Signature checks run on the connections' tasks, spread over `--threads=N` threads (default: one a
//! core). `--queue=N` (5000) and `--forward-ms=N` (1000) are gossipsub's bounds for what a slow receiver may owe.
//!
//! Other options: --listen=ADDRESS, --key=FILE (made when missing), --key-type=ed25519|secp256k1|ecdsa,
//! --pkcs8=FILE (an RSA key), --agent=TEXT, --max-transmit=BYTES, --ping-ms=N, --idle-ms=N.

mod commands;
mod node;
mod options;
mod streams;

use std::io::Write;

use serde_json::{json, Value};
use tokio::io::{AsyncBufReadExt, BufReader};

/// Writes one line. Answers and events come from several tasks; the lock keeps lines whole.
pub fn say(line: Value) {
    let mut text = line.to_string();
    text.push('\n');
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

fn main() {
    let options = options::read(std::env::args().skip(1)).unwrap_or_else(|error| fail(&error));
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = options.threads {
        runtime.worker_threads(threads);
    }
    let runtime = runtime.enable_all().build().unwrap_or_else(|error| fail(&error));
    // The whole life runs on a worker, not on this thread: block_on() alone would keep the swarm beside the pool.
    let life = runtime.spawn(async move {
        if let Err(error) = serve(options).await {
            fail(&*error);
        }
    });
    let _ = runtime.block_on(life);
    runtime.shutdown_background();
}

fn fail(error: &dyn std::fmt::Display) -> ! {
    eprintln!("rust-peer: {error}");
    std::process::exit(1)
}

async fn serve(options: options::Options) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut node = node::Node::new(options)?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            line = lines.next_line() => {
                let Some(line) = line? else { return Ok(()) };
                let request: Value = serde_json::from_str(&line).unwrap_or_default();
                if request["do"] == "close" {
                    say(json!({"id": request["id"]}));
                    return Ok(());
                }
                commands::perform(&mut node, request);
            }
            () = node.next() => {}
        }
    }
}
