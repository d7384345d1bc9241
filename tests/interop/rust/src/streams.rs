//! Streams opened by hand, beside those of rust's own protocols: perf both ways, many pings, half-closed ones.

use std::time::Instant;

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use libp2p::{PeerId, Stream, StreamProtocol};
use libp2p_stream::Control;
use serde_json::{json, Value};

const PERF: StreamProtocol = StreamProtocol::new("/perf/1.0.0");
const PING: StreamProtocol = StreamProtocol::new("/ipfs/ping/1.0.0");
const CHUNK: usize = 64 * 1024;

type Any = Box<dyn std::error::Error + Send + Sync>;

pub async fn run(mut control: Control, peer: PeerId, request: &Value) -> Result<Value, Any> {
    let number = |name: &str| request[name].as_u64().unwrap_or(0);
    match request["do"].as_str().unwrap_or("") {
        "perf" => perf(control.open_stream(peer, PERF).await?, number("upload"), number("download")).await,
        "streams" => many(control, peer, number("count")).await,
        "half_close" => half_close(control.open_stream(peer, PING).await?, number("bytes") as usize).await,
        _ => open(control, peer, request).await,
    }
}

/// Answers perf: eight bytes say how much is wanted, what follows up to the end is thrown away.
pub fn serve_perf(control: &mut Control) {
    let Ok(mut incoming) = control.accept(PERF) else { return };
    tokio::spawn(async move {
        while let Some((_, stream)) = incoming.next().await {
            tokio::spawn(send_back(stream));
        }
    });
}

async fn send_back(mut stream: Stream) -> std::io::Result<()> {
    let mut wanted = [0; 8];
    stream.read_exact(&mut wanted).await?;
    drain(&mut stream).await?;
    send(&mut stream, u64::from_be_bytes(wanted)).await?;
    stream.close().await
}

async fn drain(stream: &mut Stream) -> std::io::Result<u64> {
    let mut buffer = vec![0; CHUNK];
    let mut total = 0;
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(total),
            count => total += count as u64,
        }
    }
}

async fn send(stream: &mut Stream, mut left: u64) -> std::io::Result<()> {
    let chunk = vec![0; CHUNK];
    while left > 0 {
        let part = left.min(CHUNK as u64) as usize;
        stream.write_all(&chunk[..part]).await?;
        left -= part as u64;
    }
    Ok(())
}

async fn perf(mut stream: Stream, upload: u64, download: u64) -> Result<Value, Any> {
    let start = Instant::now();
    stream.write_all(&download.to_be_bytes()).await?;
    send(&mut stream, upload).await?;
    stream.close().await?;
    let downloaded = drain(&mut stream).await?;
    Ok(json!({"uploaded": upload, "downloaded": downloaded, "us": start.elapsed().as_micros() as u64}))
}

/// Ping streams one after another: each carries one ping, is closed by us, and read to its end.
async fn many(mut control: Control, peer: PeerId, count: u64) -> Result<Value, Any> {
    for round in 0..count {
        let mut stream = control.open_stream(peer, PING).await?;
        let sent = [round as u8; 32];
        let mut back = [0; 32];
        stream.write_all(&sent).await?;
        stream.read_exact(&mut back).await?;
        stream.close().await?;
        if back != sent || drain(&mut stream).await? != 0 {
            return Err("the answer is not what was sent".into());
        }
    }
    Ok(json!({"opened": count}))
}

/// Writes, closes our side at once, and reads what comes back to the end.
async fn half_close(mut stream: Stream, bytes: usize) -> Result<Value, Any> {
    let sent: Vec<u8> = (0..bytes).map(|at| at as u8).collect();
    stream.write_all(&sent).await?;
    stream.close().await?;
    let mut back = Vec::new();
    stream.read_to_end(&mut back).await?;
    Ok(json!({"got": back.len(), "echoed": back == sent}))
}

/// Opens a stream for any protocol and closes it.
async fn open(mut control: Control, peer: PeerId, request: &Value) -> Result<Value, Any> {
    let name = request["protocol"].as_str().unwrap_or("").to_string();
    let mut stream = control.open_stream(peer, StreamProtocol::try_from_owned(name)?).await?;
    stream.close().await?;
    Ok(json!({}))
}
