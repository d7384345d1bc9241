#ifndef PL_BASE_BUDGET_H
#define PL_BASE_BUDGET_H

/*
 * One maximum for what all peers together make us hold, shared so that nobody can use it up.
 *
 * Every peer has an account, and every link a charge, which says what of the account it is that the
 * link holds. An account may hold an eighth of what is free (dynamic thresholds, as switches share
 * their buffers: Choudhury and Hahne, 1998). So one peer alone may hold a ninth of all, and with n
 * greedy ones each gets 1/(n+8): something is always left for those who hold nothing, without
 * anybody being counted or sorted. What has come already cannot be refused and is only counted;
 * those who hold it are found in `holders` when memory is short.
 *
 *     budget_init(); budget_account_init(); charge_init(); charge_room(), charge_take() and
 * charge_give() as things come and go; charge_move() when it is known whose the link is;
 * charge_deinit(); budget_account_deinit()
 *
 * All O(1). No charge (NULL), one without an account, and an account without a budget count
 * nothing and refuse nothing.
 */

#include "base/def.h"
#include "base/list.h"
#include "base/time.h"

enum budget_kind {
	BUDGET_SEND,    /* queued for a peer that has not taken it yet */
	BUDGET_RECEIVE, /* records and messages of which a part has come */
	BUDGET_STREAMS, /* streams, whatever flows on them */
	BUDGET_GOSSIP,  /* subscriptions, and messages that wait for a verdict */
	BUDGET_KINDS,
};

const char *budget_kind_text(enum budget_kind kind); /* "send" */

struct budget {
	size_t max, held;
	size_t kinds[BUDGET_KINDS]; /* of `held` */
	struct list holders;        /* accounts with LIMIT_BUDGET_SMALL or more */
	size_t n_holders;
	/* Memory has become short. Not called again before it was not. May be NULL. */
	void (*on_short)(void *user);
	void *user;
	bool is_short;
};

struct budget_account {
	struct budget *budget;
	struct list holder; /* in budget.holders */
	size_t held;
	uint64_t moved; /* bytes given back, and bytes received: its peer is alive and well */
	/* What budget_account_is_idle() saw, and when. */
	uint64_t moved_then;
	struct mono then;
};

struct charge {
	struct budget_account *account;
	size_t held[BUDGET_KINDS];
};

void budget_init(struct budget *b, size_t max);
size_t budget_free(const struct budget *b);

/* `b` may be NULL. */
void budget_account_init(struct budget_account *a, struct budget *b);
/* All charges on it have gone. */
void budget_account_deinit(struct budget_account *a);
/* While memory is short: has this account moved next to nothing for LIMIT_BUDGET_IDLE_MS? Called
 * again and again; the first call starts the clock, as does budget_account_watch(). */
void budget_account_watch(struct budget_account *a, struct mono now);
bool budget_account_is_idle(struct budget_account *a, struct mono now);
/* Does it hold more than half of what holders hold on average? */
bool budget_account_is_large(const struct budget_account *a);

/* `a` may be NULL. */
void charge_init(struct charge *c, struct budget_account *a);
/* Gives everything back. */
void charge_deinit(struct charge *c);
void charge_move(struct charge *c, struct budget_account *a);
/* How much more it may hold. SIZE_MAX: nobody counts. */
size_t charge_room(const struct charge *c);
/* As charge_room() for what would be the only thing in its queue: half of what is free, because a
 * message of any size must be able to leave. */
size_t charge_room_alone(const struct charge *c);
bool charge_is_short(const struct charge *c);
/* Holds it, whatever charge_room() says. */
void charge_take(struct charge *c, enum budget_kind kind, size_t n);
void charge_give(struct charge *c, enum budget_kind kind, size_t n);
/* One of several who hold of this kind: `n` from now on, instead of `*held`. */
void charge_adjust(struct charge *c, enum budget_kind kind, size_t *held, size_t n);

#endif
