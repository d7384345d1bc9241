//! The command line, `--name=value` each, and the key it names.

use std::path::Path;
use std::time::Duration;

use libp2p::identity::Keypair;

pub struct Options {
    pub key: Keypair,
    pub listen: String,
    pub agent: String,
    pub relay: Option<String>,
    pub threads: Option<usize>,
    pub max_transmit: Option<usize>,
    pub queue: Option<usize>,
    pub forward: Option<Duration>,
    pub ping: Duration,
    pub idle: Duration,
}

pub fn read(args: impl Iterator<Item = String>) -> Result<Options, String> {
    let (mut key_file, mut key_type, mut pkcs8) = (None, "ed25519".to_string(), None);
    let mut options = Options {
        key: Keypair::generate_ed25519(),
        listen: "/ip4/127.0.0.1/tcp/0".into(),
        agent: "rust-libp2p/interop".into(),
        relay: None,
        threads: None,
        max_transmit: None,
        queue: None,
        forward: None,
        ping: Duration::from_secs(15),
        idle: Duration::from_secs(3600),
    };
    for arg in args {
        let (name, value) = arg.split_once('=').ok_or(format!("{arg}: not --name=value"))?;
        let number = || value.parse::<usize>().map_err(|error| format!("{arg}: {error}"));
        let millis = || number().map(|count| Duration::from_millis(count as u64));
        match name {
            "--listen" => options.listen = value.into(),
            "--agent" => options.agent = value.into(),
            "--relay" => options.relay = Some(value.into()),
            "--threads" => options.threads = Some(number()?),
            "--max-transmit" => options.max_transmit = Some(number()?),
            "--queue" => options.queue = Some(number()?),
            "--forward-ms" => options.forward = Some(millis()?),
            "--ping-ms" => options.ping = millis()?,
            "--idle-ms" => options.idle = millis()?,
            "--key" => key_file = Some(value.to_string()),
            "--key-type" => key_type = value.into(),
            "--pkcs8" => pkcs8 = Some(value.to_string()),
            _ => return Err(format!("no such option: {name}")),
        }
    }
    options.key = match pkcs8 {
        Some(file) => rsa(Path::new(&file)),
        None => kept(key_file.as_deref().map(Path::new), &key_type),
    }
    .map_err(|error| error.to_string())?;
    Ok(options)
}

type Any = Box<dyn std::error::Error>;

fn rsa(file: &Path) -> Result<Keypair, Any> {
    Ok(Keypair::rsa_from_pkcs8(&mut std::fs::read(file)?)?)
}

fn made(key_type: &str) -> Result<Keypair, Any> {
    match key_type {
        "ed25519" => Ok(Keypair::generate_ed25519()),
        "secp256k1" => Ok(Keypair::generate_secp256k1()),
        "ecdsa" => Ok(Keypair::generate_ecdsa()),
        _ => Err(format!("no such key type: {key_type}").into()),
    }
}

/// The key in the file, or a new one, which is kept there where a file is named.
fn kept(file: Option<&Path>, key_type: &str) -> Result<Keypair, Any> {
    let Some(file) = file else { return made(key_type) };
    if file.exists() {
        return Ok(Keypair::from_protobuf_encoding(&std::fs::read(file)?)?);
    }
    let key = made(key_type)?;
    std::fs::write(file, key.to_protobuf_encoding()?)?;
    Ok(key)
}
