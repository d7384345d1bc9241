#ifndef PL_BASE_LIMITS_H
#define PL_BASE_LIMITS_H

/* Every maximum of the program. Bytes unless the name says otherwise; _MS are milliseconds. */

#define KIB 1024
#define MIB (1024 * KIB)

/* Connections and handshakes */
#define LIMIT_HALF_OPEN 256 /* connections without a finished handshake (default of a setting) */
#define LIMIT_HALF_OPEN_RESERVED_PCT 25 /* of these, kept for addresses we dialled or know */
#define LIMIT_PEERS_PER_IP 8    /* inbound connections from one address (default of a setting) */
#define LIMIT_PEERS 50          /* connected peers (default of a setting) */
#define LIMIT_DIALS 8           /* dials under way at once */
#define LIMIT_HANDSHAKE_MS 5000 /* absolute, from the first moment; progress does not extend it */
#define LIMIT_LINKS_PER_PEER 4  /* links to one peer while duplicates are being settled */
#define LIMIT_MANAGED_PEERS 256
#define LIMIT_BANS 1024              /* peers the user wants no link with */
#define LIMIT_PEER_RULES (512 * KIB) /* the file of these and of the addresses that were added */
#define LIMIT_LISTENERS 16
#define LIMIT_SETTLE_MS 5000          /* the oldest of several links has this long to answer */
#define LIMIT_REDIAL_MS 5000          /* between dials of a managed peer, at first ... */
#define LIMIT_REDIAL_EAGER_MS 120000  /* ... for this long; then as configured */
#define LIMIT_PEER_RECORDS 65536      /* connected, managed or being dialled */
#define LIMIT_TARGETS 16384           /* addresses to be dialled, now or again */
#define LIMIT_CONNECT_WAITERS 256     /* who wait for one of them */
#define LIMIT_PROTOCOLS 64            /* we serve */
#define LIMIT_ADDRESSES_COUNTED 65536 /* addresses with inbound connections, counted apart */
#define LIMIT_BOOTSTRAP_TEXT (16 * KIB)
#define LIMIT_CONFIG_FILE (64 * KIB)
#define LIMIT_TOPIC_SETTINGS 64 /* topics the configuration has something to say about */

/* Multistream */
#define LIMIT_MSS_LINE 1024         /* one message, newline included */
#define LIMIT_MSS_TRIES 16          /* proposals in one negotiation */
#define LIMIT_MSS_ANSWERS (4 * KIB) /* what one input makes us answer or propose */

/* Keys */
#define LIMIT_PUBLIC_KEY 2048
#define LIMIT_RSA_BITS 8192
#define LIMIT_RSA_BITS_MIN 2048
#define LIMIT_SIGNATURE 1088

/* Noise */
#define LIMIT_NOISE_MESSAGE 65535
#define LIMIT_NOISE_PAYLOAD 4096 /* handshake payload we accept */
#define LIMIT_NOISE_RECORD 32768 /* plaintext we put in one record, but for YAMUX_OUTPUT_OVER */
#define LIMIT_HANDSHAKE_MESSAGE (LIMIT_NOISE_PAYLOAD + 96) /* and keys and tags, no more */
#define LIMIT_HANDSHAKE_OUT (16 * KIB) /* our side of one handshake, waiting for the socket */

/* Yamux */
#define LIMIT_YAMUX_STREAMS 1024           /* open streams on a link, either side's */
#define LIMIT_YAMUX_BACKLOG 256            /* streams we opened that were not acknowledged */
#define LIMIT_YAMUX_PONGS 16               /* pings not answered yet; more are not answered */
#define LIMIT_YAMUX_RESETS 2048            /* resets not sent yet; more end the session */
#define LIMIT_YAMUX_FRAME 65536            /* data we put in one frame */
#define LIMIT_YAMUX_FRAME_IN (16 * MIB)    /* data frame we accept: js-libp2p 3 sends windows */
#define LIMIT_YAMUX_WINDOW (16 * MIB)      /* auto-tuned receive window of one stream */
#define LIMIT_YAMUX_WINDOW_LINK (32 * MIB) /* of all, beyond the first ones */
#define LIMIT_STREAM_SEND (2 * MIB)        /* bytes queued to one stream */
#define LIMIT_STREAM_PENDING (1088 * KIB)  /* of these, before its protocol is agreed */
#define LIMIT_LINK_SEND (4 * MIB)          /* bytes queued to one link, for each of MAX_PEERS */
#define LIMIT_LINK_UNSENT (256 * KIB)      /* encrypted, in a socket; then a link stops producing */
#define LIMIT_LINK_FLUSH (1 * MIB) /* one link's output in one turn of the loop, before others' */
#define LIMIT_STREAM_NEGOTIATE_MS 10000 /* from a stream's opening to its protocol */

/* Memory that peers make us hold: queues, unfinished messages, streams, subscriptions */
#define LIMIT_BUDGET 134217728        /* of all peers together (default of a setting) */
#define LIMIT_BUDGET_SMALL (64 * KIB) /* who holds less is not looked at when memory is short */
#define LIMIT_BUDGET_IDLE_MS 10000    /* who takes nothing for so long then loses its links ... */
#define LIMIT_BUDGET_SWEEP_MS 1000    /* ... which is looked for so often */
#define LIMIT_BUDGET_AGAIN_MS 100 /* a write that found memory short is tried again after this */
#define LIMIT_STREAM_COST 1024    /* what an open stream is counted as */

/* Ping and perf */
#define LIMIT_PERF 16                /* runs we answer at once */
#define LIMIT_PERF_PER_PEER 4        /* of these, for one peer */
#define LIMIT_PING_QUEUED (64 * KIB) /* echoes to one who does not read them */

/* Identify */
#define LIMIT_IDENTIFY_OUT 4095
#define LIMIT_IDENTIFY_IN 8192 /* one message */
#define LIMIT_IDENTIFY_MESSAGES 10
#define LIMIT_IDENTIFY_PROTOCOLS 256
#define LIMIT_IDENTIFY_ADDRESSES 64
#define LIMIT_AGENT_TEXT 256
#define LIMIT_PROTOCOL_NAME 256

/* Signed records and hints */
#define LIMIT_SIGNED_RECORD 2048    /* a peer's signed addresses, as they came */
#define LIMIT_RECORD_CHECK_MS 100   /* between two checks of such a signature, per peer */
#define LIMIT_ANNOUNCE_BYTES 1024   /* addresses announced in place of listeners, together */
#define LIMIT_HINTS 4096            /* peers we heard of, and are not connected to */
#define LIMIT_HINTS_PER_SOURCE 64   /* of these, from one peer; also its burst ... */
#define LIMIT_HINTS_REFILL_MS 10000 /* ... which grows back by one in this time */
#define LIMIT_HINTS_IMPORTED 1024   /* of these, from the file the user named */
#define LIMIT_HINT_SOURCES 1024     /* peers that told us of others */
#define LIMIT_HINT_ADDRESSES 8      /* of one peer */
#define LIMIT_HINT_MS 86400000      /* what nobody told again is forgotten */
#define LIMIT_HINT_TRIES 3          /* dials without success; then it is forgotten */
#define LIMIT_HINT_DIAL_MS 2500     /* between two dials, give or take a half */
#define LIMIT_HINT_AGAIN_MS 600000  /* between two dials of one peer, or of one stranger's host */
#define LIMIT_HINT_DIALLED 512      /* hosts dialled in this time */
#define LIMIT_HINT_TARGET 12        /* connected peers from which on no hint is dialled */
#define LIMIT_ADDR_REQUEST 256      /* the question: a peer id in text */
#define LIMIT_ADDR_ANSWER 4096      /* the answer */
#define LIMIT_ADDR_REQUEST_MS 5000  /* for either */
#define LIMIT_ADDR_REQUESTS 256     /* being answered at once ... */
#define LIMIT_ADDR_REQUESTS_PER_PEER 8 /* ... of these, for one peer */
#define LIMIT_ADDR_ROUND_MS 15000      /* between two rounds of asking */
#define LIMIT_ADDR_ROUND_IDS 8         /* peers asked for in a round */
#define LIMIT_ADDR_ROUND_PEERS 3       /* peers asked, for each */
#define LIMIT_PEER_CACHE (1 * MIB)     /* the file */

/* Multiaddr */
#define LIMIT_MULTIADDR 1024
#define LIMIT_MULTIADDR_TEXT 1536
#define LIMIT_DNSADDR_DEPTH 4
#define LIMIT_DNSADDR_RESULTS 32
#define LIMIT_DNSADDR_LOOKUPS 32      /* names asked for one address */
#define LIMIT_DNSADDR_AGAIN_MS 600000 /* who a name stands for is asked again */

/* Liveness and slow peers */
#define LIMIT_PING_INTERVAL_MS 15000
#define LIMIT_PING_TIMEOUT_MS 20000
#define LIMIT_STALL_MS 30000  /* an announced message must arrive at LIMIT_STALL_RATE or faster */
#define LIMIT_STALL_RATE 1024 /* bytes per second */

/* Ending */
#define LIMIT_DRAIN_MS 2000
#define LIMIT_LINGER_MS 500 /* foreign software has this long to read to the end */

/* Gossip */
#define LIMIT_GOSSIP_RPC (1 * MIB)
#define LIMIT_GOSSIP_DATA (1 * MIB - 4 * KIB)
#define LIMIT_GOSSIP_TOPICS_LOCAL 256
#define LIMIT_GOSSIP_TOPICS_PER_PEER 1024
#define LIMIT_GOSSIP_TOPIC_NAME 256
/* Message ids remembered: twice what LIMIT_GOSSIP_SEEN_MS bring at 4,300 messages a second. */
#define LIMIT_GOSSIP_SEEN 1048576
#define LIMIT_GOSSIP_SEEN_MS 120000
#define LIMIT_GOSSIP_REMEMBERED 16384  /* ids of one topic that remembers them for longer */
#define LIMIT_GOSSIP_ID 128            /* one message id on the wire */
#define LIMIT_GOSSIP_IDS_PER_RPC 16384 /* of all kinds: others put many topics into one RPC */
#define LIMIT_GOSSIP_MESSAGES_PER_RPC 1024
#define LIMIT_GOSSIP_SUBSCRIPTIONS_PER_RPC 5000
#define LIMIT_GOSSIP_CONTROL_PER_RPC 1024 /* of each kind */
#define LIMIT_GOSSIP_PX_PER_RPC 4096
#define LIMIT_GOSSIP_FRAGMENT (60 * KIB) /* RPCs of ours without messages: rust takes 65,536 */
#define LIMIT_GOSSIP_TOPICS 65536        /* known by name: joined, or some peer's */
#define LIMIT_GOSSIP_PEERS 8192
#define LIMIT_GOSSIP_CACHE 32768 /* messages kept for IWANT */
#define LIMIT_GOSSIP_CACHE_BYTES (32 * MIB)
#define LIMIT_GOSSIP_BACKOFFS 16384     /* (topic, peer) pairs that may not be grafted yet */
#define LIMIT_GOSSIP_BACKOFF_MS 3600000 /* longest backoff we believe */
#define LIMIT_GOSSIP_CHANGES 2048       /* of its subscriptions, per peer and heartbeat */
#define LIMIT_GOSSIP_IHAVES 10          /* RPCs with IHAVE heeded, per peer and heartbeat */
#define LIMIT_GOSSIP_IWANT 1000         /* ids asked for, per peer and heartbeat */
#define LIMIT_GOSSIP_IHAVE 5000         /* ids told, per peer and heartbeat */
#define LIMIT_GOSSIP_SERVED 3           /* answers to IWANT, per message and peer */
#define LIMIT_GOSSIP_IDONTWANT 1000     /* ids heeded, per peer and heartbeat */
#define LIMIT_GOSSIP_KEYS 1024          /* authors whose good signatures are counted */
#define LIMIT_GOSSIP_KEY_PROOFS 16      /* of them, before an author gets a table of its own */
#define LIMIT_GOSSIP_KEY_TABLES 128     /* 52 KiB each */
#define LIMIT_GOSSIP_BATCH 32           /* signatures checked in one go */
#define LIMIT_GOSSIP_UNCHECKED 256 /* messages that wait for it; then the loop's thread helps */
#define LIMIT_GOSSIP_UNCHECKED_BYTES (2 * MIB)
#define LIMIT_GOSSIP_LATER 8192 /* messages that wait for the rest of the mesh */
#define LIMIT_GOSSIP_LATER_BYTES (16 * MIB)
#define LIMIT_GOSSIP_SENDERS 8     /* remembered of a message that is being checked */
#define LIMIT_GOSSIP_AWAITING 1024 /* messages that wait for a verdict; then some go on */
#define LIMIT_GOSSIP_AWAITING_BYTES (8 * MIB)
#define LIMIT_GOSSIP_VALIDATE_MS 1000 /* for a verdict */
#define LIMIT_GOSSIP_BAD 64 /* bad signatures per peer and heartbeat; then its messages wait */
#define LIMIT_GOSSIP_SEND (1 * MIB)           /* queued to one peer; what is beyond it is dropped */
#define LIMIT_GOSSIP_SEND_RESERVE (128 * KIB) /* of that, kept for what must not be dropped */
#define LIMIT_GOSSIP_FULL_MS 8000             /* nothing taken so long after its queue was full */
#define LIMIT_GOSSIP_INBOUND LIMIT_LINKS_PER_PEER /* streams of one peer that we read */
#define LIMIT_GOSSIP_REOPEN_MS 60000 /* longest wait before a lost stream is opened again */

/* Gossip: scores and promises */
#define LIMIT_GOSSIP_SCORES_GONE 8192 /* peers that left and are remembered for what they did */
#define LIMIT_GOSSIP_SCORE_APP 1000   /* what an application may add to a score, or take from it */
#define LIMIT_GOSSIP_WANTED 65536     /* message ids asked for: as many as promises */
#define LIMIT_GOSSIP_ANNOUNCERS 64    /* peers remembered for one of them */
#define LIMIT_GOSSIP_PROMISES 65536   /* pairs of both ... */
#define LIMIT_GOSSIP_PROMISES_PEER 4096 /* ... of which one peer may have so many ... */
#define LIMIT_GOSSIP_PROMISES_FEW 64    /* ... and so few when half of the places are taken */
#define LIMIT_GOSSIP_PROMISE_MS 3000    /* so long an answer to IWANT may take */
#define LIMIT_GOSSIP_MISBEHAVIOUR 100   /* points of P7 that are held against one peer */
#define LIMIT_GOSSIP_ALIENS 16          /* messages asked for by ids unknown to us, all in vain */
#define LIMIT_GOSSIP_FLOOD 100          /* so many RPCs with IHAVE beyond what is heeded: a point */

/* Gossip: what a peer takes, and whom it tells us of */
#define LIMIT_GOSSIP_RPC_UNKNOWN 65536   /* an RPC to who may not take more: rust's default */
#define LIMIT_GOSSIP_BIG_MS 5000         /* a stream reset so soon after a longer RPC: too long */
#define LIMIT_GOSSIP_DIRECT 64           /* peers that messages go to outside of every mesh */
#define LIMIT_GOSSIP_PX 16               /* peers told of in a PRUNE, heard of from one */
#define LIMIT_GOSSIP_PX_BYTES (16 * KIB) /* of their records, in one PRUNE */
#define LIMIT_GOSSIP_PX_PEER 32          /* heard of from one peer in a heartbeat */
#define LIMIT_GOSSIP_PX_ALL 256          /* and from all of them */

/* Door */
#define LIMIT_DOOR_CONTROL_LINE 4096
#define LIMIT_DOOR_PAYLOAD (1 * MIB)
#define LIMIT_DOOR_CONSUMERS 1024
#define LIMIT_DOOR_STRANGERS 256          /* of these, without the token so far */
#define LIMIT_DOOR_LINGERING 64           /* connections that are over, and may still read why */
#define LIMIT_DOOR_SUBSCRIPTIONS 4096     /* per consumer */
#define LIMIT_DOOR_CONSUMER_BYTES 8388608 /* held for one consumer (default of a setting) */
#define LIMIT_DOOR_SUBSCRIPTION_BYTES (2 * MIB) /* per consumer, what they cost us */
#define LIMIT_DOOR_RESERVE (16 * KIB) /* for PONG and -ERR to a consumer whose queue is full */
#define LIMIT_DOOR_SHARED_MIN 1536    /* from here on a message is kept once for all its readers */
#define LIMIT_DOOR_SPARE_BLOCKS 64    /* of 32 KiB, kept for the next messages */
#define LIMIT_DOOR_HOLES 1024         /* per consumer, gaps it has not yet been told */
#define LIMIT_DOOR_AWAY 512           /* consumers and groups that ended and may come back */
#define LIMIT_DOOR_AWAY_MS 600000     /* for so long */
#define LIMIT_DOOR_AWAY_VIEWS 8192    /* of topics that all of them were reading */
#define LIMIT_DOOR_TURN_MESSAGES 64   /* of queue groups, to a member that has not answered since */
#define LIMIT_DOOR_TURN_BYTES 262144  /* of these */
#define LIMIT_DOOR_TURN_MS 1000       /* asked within a quarter of it; no turn after it */
#define LIMIT_DOOR_ACCOUNT_PEERS 16   /* counted apart, per subscription */
#define LIMIT_DOOR_LAG_MS 1000        /* nothing leaves for so long: it lags */
#define LIMIT_DOOR_BLOCKED_MS 10000   /* so long: disconnected, if that is its policy; told again */
#define LIMIT_DOOR_TOPICS 512
#define LIMIT_DOOR_TOPICS_OF_ONE 128 /* joined first by consumers with one token of their own */
#define LIMIT_DOOR_TICKETS 1024      /* control requests without an answer */
#define LIMIT_DOOR_TICKETS_PER_CONSUMER 64
#define LIMIT_DOOR_HELD_INPUT (256 * KIB) /* what came and must wait: one read, LIMIT_LOOP_READ */
#define LIMIT_DOOR_TURN 8192     /* deliveries and the like for one consumer, before others' turn */
#define LIMIT_DOOR_COUNT_MS 1    /* between two counts of what all consumers make us hold */
#define LIMIT_DOOR_LAST_TURNS 64 /* at once, of what a broken connection had said */
#define LIMIT_DOOR_BURST_MS 100  /* who said nothing may say so much of its rate at once */
#define LIMIT_DOOR_REPLIES 1024  /* reply subjects a consumer was given, and may answer */
#define LIMIT_CONSUMERS_MEMORY 536870912 /* held for all consumers (default of a setting) */
#define LIMIT_CONSUMERS_FILE (1 * MIB)
#define LIMIT_CREDENTIALS 256                  /* consumers with a token of their own */
#define LIMIT_CREDENTIALS_CONNECTIONS 64       /* with the same one (default) */
#define LIMIT_RIGHTS_PATTERNS 64               /* of one kind, for one of them */
#define LIMIT_RATE_MAX UINT64_C(1000000000000) /* a quota, in units a second */
#define LIMIT_DOOR_AUTH_MS 2000
#define LIMIT_DOOR_REFUSED_TOLD_MS 1000 /* between two words about who was not let in */
#define LIMIT_DOOR_TAKEOVER_MS 2000
#define LIMIT_DOOR_FIRST_PING_MS 2000
#define LIMIT_DOOR_PING_MS 120000
#define LIMIT_DOOR_PINGS_OUT 2
#define LIMIT_DOOR_QUESTIONS 1024      /* messages that validators judge; then old ones go */
#define LIMIT_DOOR_VALIDATORS 16       /* asked about one message */
#define LIMIT_DOOR_SLOW_TOLD_MS 60000  /* between two words about validators that do not answer */
#define LIMIT_PAYLOAD_NAME 256         /* an envelope's name, as consumers are told it */
#define LIMIT_CLIENT_NAME 64           /* ours */
#define LIMIT_AUTHORS 4096             /* of messages that were no good, remembered */
#define LIMIT_AUTHOR_STRIKES 5         /* malformed envelopes; then their author is skipped ... */
#define LIMIT_AUTHOR_FORGET_MS 3600000 /* ... until so long after its last fault */
#define LIMIT_AUTHOR_TOLD_MS 1000      /* between two words about authors that are skipped */
#define LIMIT_CONSUMER_ID 128
#define LIMIT_SUBJECT 1024
#define LIMIT_SUBJECT_TOKENS 32

/* Teranode's topics: what we publish there */
#define LIMIT_TERANODE_BLOCK (32 * KIB) /* one message */
#define LIMIT_TERANODE_SUBTREE (32 * KIB)
#define LIMIT_TERANODE_REJECTED_TX (16 * KIB)
#define LIMIT_TERANODE_NODE_STATUS (64 * KIB)
#define LIMIT_TERANODE_REPEATS 10 /* announcements of one hash within ... */
#define LIMIT_TERANODE_REPEATS_MS 120000
#define LIMIT_TERANODE_REPEATS_SOON 3 /* ... and within this shorter time */
#define LIMIT_TERANODE_REPEATS_SOON_MS 15000
#define LIMIT_TERANODE_HASHES 8192 /* announced within LIMIT_TERANODE_REPEATS_MS */
#define LIMIT_TERANODE_TOPICS 64   /* whose rate is in use */

/* The library that consumers use */
#define LIMIT_CLIENT_SUBSCRIPTIONS LIMIT_DOOR_SUBSCRIPTIONS
#define LIMIT_LINE_SETTINGS 256
#define LIMIT_CLIENT_VIEWS 8192        /* subscriptions times topics whose numbers are watched */
#define LIMIT_CLIENT_REQUESTS 1024     /* without an answer */
#define LIMIT_CLIENT_RETRY_MS 50       /* between two tries to come back: between this ... */
#define LIMIT_CLIENT_RETRY_LATE_MS 250 /* ... and this ... */
#define LIMIT_CLIENT_RETRY_REFUSED_MS 2000 /* ... or, when refused, this and half of it */
#define LIMIT_CLIENT_CONNECT_MS 5000       /* one try */

/* Control */
#define LIMIT_API_REQUEST (64 * KIB)
#define LIMIT_PERF_BYTES UINT64_C(17179869184) /* one perf run */

/* JSON of strangers */
#define LIMIT_JSON_DEPTH 32

/* Loop */
#define LIMIT_LOOP_READ (256 * KIB) /* one read from a socket */
#define LIMIT_SOCK_QUEUE (16 * MIB) /* bytes a socket keeps for a kernel that takes no more */
#define LIMIT_LISTEN_BACKLOG 511    /* connections the kernel keeps until we accept them */
#define LIMIT_ACCEPTS 64            /* connections accepted in one turn of the loop */
#define LIMIT_ACCEPT_RETRY_MS 100   /* a listener rests so long when no descriptor is left */
#define LIMIT_RESOLVES 64           /* look-ups under way */
#define LIMIT_HANDOFFS 64           /* consumers of this process that wait for the loop */
#define LIMIT_JOBS 1024             /* jobs at the worker pool */
#define LIMIT_FD_RESERVED 32        /* descriptors kept for the door and files, not for peers */

#endif
