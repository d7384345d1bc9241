//! What a test may ask for: one function a request. Those that take time answer later, from where they end.

use base64::prelude::{Engine as _, BASE64_STANDARD};
use libp2p::gossipsub::IdentTopic;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::{Multiaddr, PeerId};
use serde_json::{json, Value};

use crate::node::{names, text as id_text, Node};
use crate::{say, streams};

type Answer = Result<Option<Value>, String>;

/// Runs one request. `None` is no answer yet.
pub fn perform(node: &mut Node, request: Value) {
    let answer = match request["do"].as_str().unwrap_or("") {
        "info" => Ok(Some(node.info())),
        "connect" => connect(node, &request),
        "disconnect" => disconnect(node, &request),
        "connections" => connections(node, &request),
        "identify" => identified(node, &request),
        "ping" => ping(node, &request),
        "perf" | "streams" | "half_close" | "open" => on_streams(node, &request),
        "subscribe" => subscribe(node, &request),
        "unsubscribe" => unsubscribe(node, &request),
        "publish" => publish(node, &request),
        "mesh" => mesh(node, &request),
        other => Err(format!("no such command: {other}")),
    };
    match answer {
        Ok(None) => {}
        Ok(Some(mut fields)) => {
            fields["id"] = request["id"].clone();
            say(fields);
        }
        Err(error) => say(json!({"id": request["id"], "error": error})),
    }
}

fn text<E: std::fmt::Debug>(error: E) -> String {
    format!("{error:?}")
}

fn word<'a>(request: &'a Value, name: &str) -> Result<&'a str, String> {
    request[name].as_str().ok_or(format!("{name} is missing"))
}

fn peer_of(request: &Value) -> Result<PeerId, String> {
    word(request, "peer_id")?.parse().map_err(text)
}

fn topic_of(request: &Value) -> Result<IdentTopic, String> {
    Ok(IdentTopic::new(word(request, "topic")?))
}

/// Dials even where there is a link already, so that a test can make two.
fn connect(node: &mut Node, request: &Value) -> Answer {
    let address: Multiaddr = word(request, "address")?.parse().map_err(text)?;
    let dial = DialOpts::from(address);
    node.dials.insert(dial.connection_id(), request["id"].clone());
    let connection = dial.connection_id();
    if let Err(error) = node.swarm.dial(dial) {
        node.dials.remove(&connection);
        return Err(text(error));
    }
    Ok(None)
}

fn disconnect(node: &mut Node, request: &Value) -> Answer {
    let peer = peer_of(request)?;
    node.swarm.disconnect_peer_id(peer).map_err(|()| "not connected".to_string())?;
    Ok(Some(json!({})))
}

fn connections(node: &mut Node, request: &Value) -> Answer {
    let only = request["peer_id"].as_str();
    let list: Vec<_> = node
        .links
        .values()
        .filter(|link| only.is_none_or(|id| id == link.peer.to_string()))
        .map(|link| {
            json!({"peer_id": link.peer.to_string(), "direction": link.direction, "remote": link.remote.to_string()})
        })
        .collect();
    Ok(Some(json!({"connections": list})))
}

fn identified(node: &mut Node, request: &Value) -> Answer {
    let peer = peer_of(request)?;
    let info = node.identified.get(&peer).ok_or("that peer has not been identified")?;
    let listen: Vec<_> = info.listen_addrs.iter().map(|one| one.to_string()).collect();
    Ok(Some(json!({"agent": info.agent_version, "protocol_version": info.protocol_version, "protocols": names(info),
        "listen": listen, "observed": info.observed_addr.to_string(),
        "signed_record": info.signed_peer_record.is_some(),
        "key_matches": info.public_key.to_peer_id() == peer})))
}

/// Answers after that many more of ping's own rounds with the peer.
fn ping(node: &mut Node, request: &Value) -> Answer {
    let count = request["count"].as_u64().unwrap_or(1) as usize;
    node.pings.push((request["id"].clone(), peer_of(request)?, count, Vec::new()));
    Ok(None)
}

fn on_streams(node: &mut Node, request: &Value) -> Answer {
    let (peer, control, request) = (peer_of(request)?, node.control.clone(), request.clone());
    tokio::spawn(async move {
        let mut line = match streams::run(control, peer, &request).await {
            Ok(fields) => fields,
            Err(error) => json!({"error": error.to_string()}),
        };
        line["id"] = request["id"].clone();
        say(line);
    });
    Ok(None)
}

fn subscribe(node: &mut Node, request: &Value) -> Answer {
    node.swarm.behaviour_mut().gossip.subscribe(&topic_of(request)?).map_err(text)?;
    Ok(Some(json!({})))
}

fn unsubscribe(node: &mut Node, request: &Value) -> Answer {
    let was = node.swarm.behaviour_mut().gossip.unsubscribe(&topic_of(request)?);
    was.then(|| Some(json!({}))).ok_or("not subscribed".into())
}

fn publish(node: &mut Node, request: &Value) -> Answer {
    let data = BASE64_STANDARD.decode(word(request, "data")?).map_err(text)?;
    let id = node.swarm.behaviour_mut().gossip.publish(topic_of(request)?, data).map_err(text)?;
    Ok(Some(json!({"message_id": id_text(&id)})))
}

fn mesh(node: &mut Node, request: &Value) -> Answer {
    let topic = topic_of(request)?.hash();
    let peers: Vec<_> = node.swarm.behaviour().gossip.mesh_peers(&topic).map(|one| one.to_string()).collect();
    Ok(Some(json!({"peers": peers})))
}
