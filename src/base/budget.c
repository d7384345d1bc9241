#include "base/budget.h"

#include "base/limits.h"

/* An account may hold one part in so many of what is free. */
#define PARTS 8
/* Of so many parts of the whole, memory is short when less than two are free, until three are. */
#define SHORT_PARTS 8
#define IDLE_BYTES ((uint64_t)LIMIT_STALL_RATE * LIMIT_BUDGET_IDLE_MS / 1000)

const char *budget_kind_text(enum budget_kind kind)
{
	switch (kind) {
	case BUDGET_SEND:
		return "send";
	case BUDGET_RECEIVE:
		return "receive";
	case BUDGET_STREAMS:
		return "streams";
	case BUDGET_GOSSIP:
		return "gossip";
	case BUDGET_KINDS:
		break;
	}
	return "?";
}

void budget_init(struct budget *b, size_t max)
{
	*b = (struct budget){ .max = max };
	list_init(&b->holders);
}

size_t budget_free(const struct budget *b)
{
	return b->held < b->max ? b->max - b->held : 0;
}

static void update_short(struct budget *b)
{
	size_t enough = b->max / SHORT_PARTS * (b->is_short ? 3 : 2);
	bool is_short = budget_free(b) < enough;
	bool has_become = is_short && !b->is_short;

	b->is_short = is_short;
	if (has_become && b->on_short)
		b->on_short(b->user);
}

/* ---- accounts ---- */

void budget_account_init(struct budget_account *a, struct budget *b)
{
	*a = (struct budget_account){ .budget = b, .then = MONO_NEVER };
	list_init(&a->holder);
}

static void update_holder(struct budget_account *a)
{
	bool is_holder = !list_is_empty(&a->holder);

	if ((a->held >= LIMIT_BUDGET_SMALL) == is_holder)
		return;
	if (is_holder) {
		list_remove(&a->holder);
		a->budget->n_holders--;
		a->then = MONO_NEVER;
	} else {
		list_add_tail(&a->budget->holders, &a->holder);
		a->budget->n_holders++;
	}
}

void budget_account_deinit(struct budget_account *a)
{
	ASSERT(a->held == 0);
}

static void add(struct budget_account *a, enum budget_kind kind, size_t n)
{
	struct budget *b = a ? a->budget : NULL;

	if (!b)
		return;
	a->held += n;
	b->held += n;
	b->kinds[kind] += n;
	update_holder(a);
	update_short(b);
}

static void subtract(struct budget_account *a, enum budget_kind kind, size_t n)
{
	struct budget *b = a ? a->budget : NULL;

	if (!b)
		return;
	ASSERT(a->held >= n && b->held >= n && b->kinds[kind] >= n);
	a->held -= n;
	b->held -= n;
	b->kinds[kind] -= n;
	update_holder(a);
	update_short(b);
}

void budget_account_watch(struct budget_account *a, struct mono now)
{
	a->then = now;
	a->moved_then = a->moved;
}

bool budget_account_is_idle(struct budget_account *a, struct mono now)
{
	if (mono_is_never(a->then) || a->moved - a->moved_then >= IDLE_BYTES) {
		budget_account_watch(a, now);
		return false;
	}
	return mono_since_ms(a->then, now) >= LIMIT_BUDGET_IDLE_MS;
}

bool budget_account_is_large(const struct budget_account *a)
{
	const struct budget *b = a->budget;

	return b && b->n_holders > 0 && a->held >= b->held / b->n_holders / 2;
}

/* ---- charges ---- */

void charge_init(struct charge *c, struct budget_account *a)
{
	*c = (struct charge){ .account = a };
}

void charge_deinit(struct charge *c)
{
	for (size_t i = 0; i < BUDGET_KINDS; i++)
		subtract(c->account, (enum budget_kind)i, c->held[i]);
	charge_init(c, NULL);
}

void charge_move(struct charge *c, struct budget_account *a)
{
	for (size_t i = 0; i < BUDGET_KINDS; i++) {
		subtract(c->account, (enum budget_kind)i, c->held[i]);
		add(a, (enum budget_kind)i, c->held[i]);
	}
	c->account = a;
}

static const struct budget *budget_of(const struct charge *c)
{
	return c && c->account ? c->account->budget : NULL;
}

size_t charge_room(const struct charge *c)
{
	const struct budget *b = budget_of(c);
	size_t left, used;

	if (!b)
		return SIZE_MAX;
	left = budget_free(b);
	used = c->account->held;
	/* With n more held, n less is free: held + n <= (left - n) / PARTS. */
	return used < left / PARTS ? (left - used * PARTS) / (PARTS + 1) : 0;
}

size_t charge_room_alone(const struct charge *c)
{
	const struct budget *b = budget_of(c);

	return b ? budget_free(b) / 2 : SIZE_MAX;
}

bool charge_is_short(const struct charge *c)
{
	const struct budget *b = budget_of(c);

	return b && b->is_short;
}

void charge_take(struct charge *c, enum budget_kind kind, size_t n)
{
	if (!c)
		return;
	c->held[kind] += n;
	add(c->account, kind, n);
	if (c->account && kind == BUDGET_RECEIVE)
		c->account->moved += n;
}

void charge_give(struct charge *c, enum budget_kind kind, size_t n)
{
	if (!c)
		return;
	ASSERT(c->held[kind] >= n);
	c->held[kind] -= n;
	subtract(c->account, kind, n);
	if (c->account)
		c->account->moved += n;
}

void charge_adjust(struct charge *c, enum budget_kind kind, size_t *held, size_t n)
{
	if (n > *held)
		charge_take(c, kind, n - *held);
	else
		charge_give(c, kind, *held - n);
	*held = n;
}
