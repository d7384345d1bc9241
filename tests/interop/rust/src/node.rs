//! The node itself: its swarm, and what it tells about links, identify, pings and gossip as they happen.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use base64::prelude::{Engine as _, BASE64_STANDARD};
use futures::StreamExt;
use libp2p::core::ConnectedPoint;
use libp2p::swarm::{ConnectionId, NetworkBehaviour, SwarmEvent};
use libp2p::{gossipsub, identify, noise, ping, tcp, yamux, Multiaddr, PeerId, Swarm, SwarmBuilder};
use serde_json::{json, Value};

use crate::options::Options;
use crate::{say, streams};

/// gossipsub has no event for who enters or leaves the mesh: it is looked at this often.
const MESH_LOOK: Duration = Duration::from_millis(50);

#[derive(NetworkBehaviour)]
pub struct Behaviour {
    pub gossip: gossipsub::Behaviour,
    pub identify: identify::Behaviour,
    pub ping: ping::Behaviour,
    pub stream: libp2p_stream::Behaviour,
}

pub struct Link {
    pub peer: PeerId,
    pub direction: &'static str,
    pub remote: Multiaddr,
}

pub struct Node {
    pub swarm: Swarm<Behaviour>,
    pub control: libp2p_stream::Control,
    pub links: HashMap<ConnectionId, Link>,
    pub identified: HashMap<PeerId, identify::Info>,
    /// Dials that a request waits for.
    pub dials: HashMap<ConnectionId, Value>,
    /// Pings that a request waits for: who, how many more, what came so far.
    pub pings: Vec<(Value, PeerId, usize, Vec<u64>)>,
    pub received: u64,
    quiet: bool,
    ready: bool,
    mesh: HashMap<gossipsub::TopicHash, BTreeSet<PeerId>>,
    look: tokio::time::Interval,
}

type Any = Box<dyn std::error::Error + Send + Sync>;

impl Node {
    pub fn new(options: Options) -> Result<Node, Any> {
        let mut swarm = SwarmBuilder::with_existing_identity(options.key.clone())
            .with_tokio()
            .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)?
            .with_behaviour(|_| behaviour(&options))?
            .with_swarm_config(|config| config.with_idle_connection_timeout(options.idle))
            .build();
        swarm.listen_on(options.listen.parse()?)?;
        if let Some(topic) = &options.relay {
            swarm.behaviour_mut().gossip.subscribe(&gossipsub::IdentTopic::new(topic))?;
        }
        let mut control = swarm.behaviour().stream.new_control();
        streams::serve_perf(&mut control);
        Ok(Node {
            swarm,
            control,
            links: HashMap::new(),
            identified: HashMap::new(),
            dials: HashMap::new(),
            pings: Vec::new(),
            received: 0,
            quiet: options.relay.is_some(),
            ready: false,
            mesh: HashMap::new(),
            look: tokio::time::interval(MESH_LOOK),
        })
    }

    /// Waits for the next thing that happens, and reports it.
    pub async fn next(&mut self) {
        tokio::select! {
            event = self.swarm.select_next_some() => self.on_event(event),
            _ = self.look.tick() => self.report_mesh(),
        }
    }

    pub fn info(&self) -> Value {
        let id = self.swarm.local_peer_id();
        let listen: Vec<_> = self.swarm.listeners().map(|one| format!("{one}/p2p/{id}")).collect();
        json!({"peer_id": id.to_string(), "listen": listen, "pid": std::process::id(), "connections": self.links.len(),
            "received": self.received})
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::NewListenAddr { .. } if !self.ready => {
                self.ready = true;
                let mut ready = self.info();
                ready["event"] = "ready".into();
                say(ready);
            }
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.on_link_up(peer_id, connection_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, num_established, cause, .. } => {
                self.links.remove(&connection_id);
                say(json!({"event": "disconnected", "peer_id": peer_id.to_string(), "connections": num_established,
                    "cause": cause.map(|error| error.to_string())}));
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                if let Some(id) = self.dials.remove(&connection_id) {
                    say(json!({"id": id, "error": format!("{error:?}")}));
                }
            }
            SwarmEvent::Behaviour(BehaviourEvent::Gossip(event)) => self.on_gossip(event),
            SwarmEvent::Behaviour(BehaviourEvent::Identify(event)) => self.on_identify(event),
            SwarmEvent::Behaviour(BehaviourEvent::Ping(event)) => self.on_ping(event),
            _ => {}
        }
    }

    fn on_link_up(&mut self, peer: PeerId, connection: ConnectionId, endpoint: &ConnectedPoint) {
        let direction = if endpoint.is_dialer() { "outbound" } else { "inbound" };
        let link = Link { peer, direction, remote: endpoint.get_remote_address().clone() };
        self.links.insert(connection, link);
        let count = self.links.values().filter(|link| link.peer == peer).count();
        say(json!({"event": "connected", "peer_id": peer.to_string(), "direction": direction, "connections": count}));
        if let Some(id) = self.dials.remove(&connection) {
            say(json!({"id": id, "peer_id": peer.to_string(), "direction": direction}));
        }
    }

    fn on_identify(&mut self, event: identify::Event) {
        match event {
            identify::Event::Received { peer_id, info, .. } => {
                say(json!({"event": "identified", "peer_id": peer_id.to_string(), "agent": info.agent_version,
                    "protocols": names(&info)}));
                self.identified.insert(peer_id, info);
            }
            identify::Event::Error { peer_id, error, .. } => {
                say(json!({"event": "identify_failed", "peer_id": peer_id.to_string(), "reason": error.to_string()}));
            }
            identify::Event::Sent { .. } | identify::Event::Pushed { .. } => {}
        }
    }

    fn on_ping(&mut self, event: ping::Event) {
        let Ok(rtt) = event.result else {
            say(json!({"event": "ping_failed", "peer_id": event.peer.to_string()}));
            return;
        };
        let rtt = rtt.as_micros() as u64;
        say(json!({"event": "pong", "peer_id": event.peer.to_string(), "rtt_us": rtt}));
        self.pings.retain_mut(|(id, peer, left, times)| {
            if *peer != event.peer {
                return true;
            }
            times.push(rtt);
            *left = left.saturating_sub(1);
            if *left == 0 {
                say(json!({"id": id, "rtt_us": times}));
            }
            *left > 0
        });
    }

    fn on_gossip(&mut self, event: gossipsub::Event) {
        match event {
            gossipsub::Event::Message { propagation_source, message_id, message } => {
                self.received += 1;
                if !self.quiet {
                    say(json!({"event": "message", "topic": message.topic.as_str(),
                        "from": message.source.map(|one| one.to_string()), "via": propagation_source.to_string(),
                        "data": BASE64_STANDARD.encode(&message.data), "message_id": text(&message_id),
                        "seqno": message.sequence_number.map(|number| number.to_string())}));
                }
            }
            gossipsub::Event::Subscribed { peer_id, topic } => say_topic_peer(peer_id, &topic, true),
            gossipsub::Event::Unsubscribed { peer_id, topic } => say_topic_peer(peer_id, &topic, false),
            gossipsub::Event::GossipsubNotSupported { peer_id } => {
                say(json!({"event": "no_gossip", "peer_id": peer_id.to_string()}));
            }
            gossipsub::Event::SlowPeer { peer_id, failed_messages } => {
                say(json!({"event": "slow", "peer_id": peer_id.to_string(), "what": format!("{failed_messages:?}")}));
            }
        }
    }

    /// Tells who entered and who left the mesh of each topic since the last look.
    fn report_mesh(&mut self) {
        let gossip = &self.swarm.behaviour().gossip;
        let mut now: HashMap<gossipsub::TopicHash, BTreeSet<PeerId>> = HashMap::new();
        for topic in gossip.topics() {
            now.insert(topic.clone(), gossip.mesh_peers(topic).copied().collect());
        }
        let nobody = BTreeSet::new();
        let topics: BTreeSet<_> = now.keys().chain(self.mesh.keys()).cloned().collect();
        for topic in topics {
            let (before, after) = (self.mesh.get(&topic).unwrap_or(&nobody), now.get(&topic).unwrap_or(&nobody));
            for peer in before.symmetric_difference(after) {
                say(json!({"event": "mesh", "topic": topic.as_str(), "peer_id": peer.to_string(),
                    "grafted": after.contains(peer)}));
            }
        }
        self.mesh = now;
    }
}

pub fn names(info: &identify::Info) -> Vec<String> {
    info.protocols.iter().map(|one| one.to_string()).collect()
}

fn say_topic_peer(peer: PeerId, topic: &gossipsub::TopicHash, joined: bool) {
    say(json!({"event": "topic_peer", "topic": topic.as_str(), "peer_id": peer.to_string(), "joined": joined}));
}

fn behaviour(options: &Options) -> Result<Behaviour, Any> {
    let mut config = gossipsub::ConfigBuilder::default();
    if let Some(bytes) = options.max_transmit {
        config.max_transmit_size(bytes);
    }
    if let Some(length) = options.queue {
        config.connection_handler_queue_len(length);
    }
    if let Some(time) = options.forward {
        config.forward_queue_duration(time);
    }
    let signed = gossipsub::MessageAuthenticity::Signed(options.key.clone());
    let about =
        identify::Config::new("ipfs/0.1.0".into(), options.key.public()).with_agent_version(options.agent.clone());
    Ok(Behaviour {
        gossip: gossipsub::Behaviour::new(signed, config.build()?)?,
        identify: identify::Behaviour::new(about),
        ping: ping::Behaviour::new(ping::Config::new().with_interval(options.ping)),
        stream: libp2p_stream::Behaviour::new(),
    })
}

/// rust's message ids are text, unlike anybody else's; it prints them as hex.
pub fn text(id: &gossipsub::MessageId) -> String {
    String::from_utf8_lossy(&id.0).into_owned()
}
