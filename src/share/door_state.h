#ifndef PL_SHARE_DOOR_STATE_H
#define PL_SHARE_DOOR_STATE_H

/* What the door is made of, for its files alone; door_priv.h says which file does what with it. */

#include "base/buf.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"
#include "share/door.h"
#include "share/frames.h"
#include "share/greeting.h"
#include "share/outbox.h"
#include "share/rate.h"
#include "share/reply_ring.h"
#include "share/rights.h"
#include "share/subjects.h"
#include "share/teranode_rules.h"
#include "share/topic_subject.h"
#include "share/turns.h"
#include "share/unsent.h"
#include "wire/nats_line.h"

/* One way of seeing a topic; each numbers its messages by itself. */
struct view {
	struct topic *topic;
	struct bytes subject; /* in the topic's `text` */
	uint64_t epoch;       /* of `seq` */
	uint64_t seq;         /* of its last message */
	uint64_t n_bytes;     /* of all of its messages */
	uint64_t n_pauses;    /* numbers of no message: topic_pause() */
	size_t n_away;        /* of those away, who were reading it: its messages are numbered */
	uint64_t noted_by;    /* the consumer that ended last and was reading it, not in a group */
};

/* A gossip topic that a subscription names, or whose messages came. */
struct topic {
	struct map_node by_name;
	struct bytes name; /* in `text` */
	struct view views[TOPIC_VIEWS];
	size_t n_named; /* subscriptions that name it in any view; the first joined it */
	size_t n_holes, n_marks, n_away; /* that refer to it */
	size_t n_kept;                   /* of those away, who named it: it stays joined for them */
	bool joined;
	const struct rights
		*joined_for; /* whose consumer was the first; NULL: nobody's who counts */
	struct list leaving; /* on door.leaving */
	struct door_counts counts;
	uint8_t text[];
};

struct hole {
	struct list link;  /* on its subscription's list, then on door.told */
	struct view *view; /* NULL: of a local subject */
	struct consumer *consumer;
	uint64_t from, to;     /* what the next message says is missing */
	enum door_gap_why why; /* and what the event will say: */
	uint64_t told_from;    /* to `to` */
	uint64_t count, bytes; /* 0: nothing, it was told already ... */
	bool tells; /* ... but for a pause of the node's own, of which it knows no more */
	size_t n_subject;
	uint8_t subject[];
};

struct sub {
	struct subjects_entry entry;
	struct map_node by_sid;
	struct list link; /* on door.dead */
	struct consumer *consumer;
	struct view *view; /* of a topic named without wildcards; else NULL */
	struct list holes;
	uint64_t n_delivered, max; /* max 0: none */
	struct account account;
	size_t cost, n_marks;             /* a mark refers to it: it is freed after the last one */
	bool validates;                   /* it is to judge what it gets */
	bool serves;                      /* it may answer what it gets */
	bool is_wide;                     /* its first token is a wildcard */
	bool dead;                        /* out of the index and of its consumer's map */
	struct bytes pattern, queue, sid; /* as written; in `text` */
	uint8_t text[];
};

enum consumer_state {
	CONSUMER_NEW,     /* a token is needed, and CONNECT has not come */
	CONSUMER_WAITING, /* for its id: another connection holds it and was pinged */
	CONSUMER_READY,
	CONSUMER_CLOSING, /* flushes what it has; nothing is read any more */
};

struct consumer {
	struct door *door;
	struct list link;
	struct list ending; /* on door.ended */
	void *connection;
	enum door_via via;
	enum consumer_state state;
	uint64_t number;
	struct nats_parser in;
	struct outbox out;
	struct unsent unsent; /* the messages in `out` */
	enum door_slow slow;
	struct turn turn; /* in queue groups */
	uint64_t n_pings, n_pongs;
	bool greeted;        /* it had a PONG of ours */
	bool dropped;        /* what waits will not be sent */
	size_t n_last_words; /* at the end of its queue, when it is closed: why */
	struct greeting_options options;
	struct map subs; /* by sid */
	size_t subs_cost, n_holes, n_tickets;
	size_t n_accounts; /* with peers, in its subscriptions */

	size_t n_looks; /* taken at its end, for who is to be told what */

	struct map_node by_id; /* in while it holds its id */
	char id[LIMIT_CONSUMER_ID + 1];
	struct consumer *rival;   /* it waits for this one's id, or this one for its */
	struct mono silent_until; /* a holder that was pinged for its id; MONO_NEVER: was not */

	const struct rights *rights; /* never NULL; borrowed from the door or its table */
	bool is_known;               /* it said CONNECT, and who it is */
	struct rate messages, bytes; /* what it publishes */
	struct reply_ring replies;   /* what it may answer */
	struct buf held;             /* what came and must wait */
	size_t reserve;              /* of its queue, for what must be said and for others */
	bool is_paused;              /* then nothing is read from it */
	struct mono go_on_at;        /* with what is held */
	struct mono throttled_at;    /* since then its quota keeps it waiting; MONO_NEVER: not */
	uint64_t throttled_ns;       /* before that */

	struct mono attached_at, heard_at, ping_at;
	struct mono left_at;     /* something left, or began to wait */
	bool lag_told;           /* that it lags */
	struct mono lag_told_at; /* {0}: never */
	unsigned int pings_out;
	bool was_pinged;
	bool attached; /* its owner knows it, so that callbacks may name it */
	uint64_t delivered, missed, published, bytes_in, bytes_out, gaps;
};

struct ticket {
	struct map_node by_number;
	uint64_t number;
	struct consumer *consumer; /* NULL: gone */
	size_t n_reply;
	uint8_t reply[];
};

/* A message that validators were asked about. */
struct question {
	struct map_node by_number;
	struct list link; /* on door.questions, the earliest deadline first; or on door.abandoned */
	uint64_t number;  /* in the reply subject; nobody can guess it */
	uint64_t ticket;  /* the engine's */
	struct mono deadline;
	struct consumer *asked[LIMIT_DOOR_VALIDATORS];
	size_t n_asked;
	size_t n_topic;
	uint8_t topic[LIMIT_GOSSIP_TOPIC_NAME];
};

struct door {
	struct door_config config;
	struct rights owner;
	struct rights_table *rights;  /* of everybody else; NULL: nobody */
	size_t memory_max;            /* for all consumers together */
	struct mono counted_at;       /* what they hold; {0}: never */
	size_t work, work_max;        /* done for the consumer whose portion it is, and its end */
	struct mono turn_at;          /* of this turn: */
	size_t n_busy, n_busy_before; /* who did much, in it and in the last */
	struct list consumers;
	size_t n_consumers;
	uint64_t last_number;
	struct map ids, topics, tickets, question_numbers;
	struct list questions, abandoned;
	size_t n_validators;                      /* subscriptions to `validate.` */
	uint64_t n_unanswered;                    /* since the node was told of it */
	struct mono slow_told_at, author_told_at; /* {0}: never */
	struct mono refused_told_at;
	uint64_t n_refused_untold; /* connections that were not let in since then */
	struct authors authors;
	struct teranode_rules *rules; /* NULL: none */
	struct door_counts counts;
	struct subjects subjects;
	char server_id[33];
	struct mono now, deadline;
	struct consumer *feeding;    /* whose owner is in a call about it, and learns of its end */
	struct consumer *publishing; /* whose topic message is on its way through gossip */
	size_t n_handling;           /* operations under way */
	bool delivering, settling;
	bool walking_topics; /* no topic is freed */
	struct list dead, told, leaving, ended;
	struct map away_by_who;
	struct list away; /* who ended first is first */
	size_t n_away;    /* views that those were reading */
	struct shared_pool blocks;
	struct frames frames;
	struct buf scratch;    /* header blocks, lines */
	struct buf name, data; /* of an envelope */
};

#endif
