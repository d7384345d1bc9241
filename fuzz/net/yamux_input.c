/* covers: src/net/yamux.c src/net/yamux_stream.c src/net/yamux_output.c src/net/yamux_window.c src/net/send_queue.c */
/*
 * A session under arbitrary bytes and an arbitrary user. The input is a list of [action][n][n bytes
 * from the peer] behind a byte that says which side we are, whether a GoAway lingers and whether
 * memory is scarce; with ZEROES in the action it is n KiB of zeroes instead. Whatever comes: what
 * the session says can be read, stays within the credit it was given and within its maxima, and
 * every stream that was reported ends exactly once.
 */

#include <stdlib.h>

#include "net/yamux_priv.h"
#include "wire/rd.h"

#define N_USERS 4096
#define ZEROES 8
#define SCARCE (256 * KIB)

enum action {
	JUST_FEED,
	OUTPUT,
	OPEN,
	WRITE,
	CLOSE,
	RESET,
	HOLD,
	SESSION,
};

struct user {
	struct yamux_stream *s; /* NULL: ended, or not ours any more */
	bool held, eof;
};

struct fuzz {
	struct yamux *y;
	struct user users[N_USERS];
	size_t n_users;
	struct mono now;
	struct budget budget;
	struct budget_account account;
	struct charge charge;
	bool refuse;
	bool over;
	bool gone;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_user(struct fuzz *f, struct yamux_stream *s)
{
	struct user *u;

	if (f->refuse || f->n_users == N_USERS) {
		yamux_stream_reset(s, 1);
		return;
	}
	u = &f->users[f->n_users++];
	*u = (struct user){ .s = s };
	yamux_stream_set_user(s, u);
}

static void on_stream(void *user, struct yamux_stream *s)
{
	add_user(user, s);
}

static void on_data(void *user, struct yamux_stream *s, struct bytes b)
{
	struct user *u = user;

	ASSERT(u->s == s && !u->eof && b.n > 0);
	/* A few streams are done with after what they read. */
	if (b.p[0] == 0xfe) {
		u->s = NULL;
		yamux_stream_reset(s, b.p[0]);
	} else if (b.p[0] == 0xfd) {
		u->s = NULL;
		yamux_stream_forget(s);
	}
}

static void on_eof(void *user, struct yamux_stream *s)
{
	struct user *u = user;

	ASSERT(u->s == s && !u->eof);
	u->eof = true;
}

static void on_writable(void *user, struct yamux_stream *s)
{
	ASSERT(((struct user *)user)->s == s);
	yamux_stream_close(s);
}

static void on_end(void *user, struct yamux_stream *s, enum yamux_end end, uint32_t code)
{
	struct user *u = user;

	(void)code;
	ASSERT(u->s == s);
	ASSERT(end != YAMUX_END_DONE || u->eof);
	u->s = NULL;
}

static void on_pong(void *user, uint64_t rtt_ns)
{
	struct fuzz *f = user;

	ASSERT(rtt_ns > 0 && rtt_ns == yamux_rtt_ns(f->y));
	ASSERT(mono_is_never(yamux_ping_sent_at(f->y)));
}

static void on_go_away(void *user, uint32_t code)
{
	struct fuzz *f = user;

	(void)code;
	ASSERT(!f->gone);
	f->gone = true;
}

static const struct yamux_ops ops = {
	.on_stream = on_stream,
	.on_data = on_data,
	.on_eof = on_eof,
	.on_writable = on_writable,
	.on_end = on_end,
	.on_pong = on_pong,
	.on_go_away = on_go_away,
};

static void check(const struct fuzz *f)
{
	const struct yamux *y = f->y;
	size_t queued = 0, more = 0, unacked = 0, n = 0;

	list_for_each (it, &y->all) {
		const struct yamux_stream *s = list_entry(it, struct yamux_stream, all);

		ASSERT(s->recv_window <= s->recv_max && s->recv_max <= LIMIT_YAMUX_WINDOW);
		ASSERT(yamux_stream_queued(s) <= LIMIT_STREAM_SEND);
		ASSERT(yamux_stream_id(s) != 0);
		ASSERT(!s->fin_sent || (s->closing && s->queue.n == 0));
		queued += s->queue.n;
		more += s->recv_max - YAMUX_WINDOW_INITIAL;
		unacked += s->unacked;
		n++;
	}
	ASSERT(n == yamux_n_streams(y) && n <= LIMIT_YAMUX_STREAMS);
	ASSERT(queued == yamux_queued(y) && queued <= LIMIT_LINK_SEND);
	ASSERT(more == y->window_more && more <= LIMIT_YAMUX_WINDOW_LINK);
	ASSERT(unacked == y->n_unacked && unacked <= LIMIT_YAMUX_BACKLOG);
	ASSERT(y->n_pongs <= LIMIT_YAMUX_PONGS);
	ASSERT(!yamux_is_lingering(y) || !yamux_has_gone(y));
	ASSERT(f->charge.held[BUDGET_SEND] == (y->charge ? queued : 0));
	ASSERT(f->charge.held[BUDGET_STREAMS] == (y->charge ? n * LIMIT_STREAM_COST : 0));
}

/* Odd sizes go into a buffer that is too small for all of it. */
static void output(struct fuzz *f, size_t max, size_t room)
{
	bool had = yamux_has_output(f->y), lingers = yamux_is_lingering(f->y);
	struct buf b;
	struct rd r;

	buf_init(&b, room);
	ASSERT(!yamux_output(f->y, &b, max) || had);
	ASSERT(buf_len(&b) <= max + LIMIT_YAMUX_RESETS * YAMUX_HEADER_SIZE + 1024);
	r = rd_of(buf_data(&b));
	while (r.left > 0) {
		struct yamux_header h;
		int e = yamux_header_decode(rd_bytes(&r, YAMUX_HEADER_SIZE), &h);

		ASSERT(e == 0);
		if (h.type == YAMUX_DATA)
			rd_bytes(&r, h.length);
		ASSERT(h.type != YAMUX_DATA || (h.length > 0 && h.length <= LIMIT_YAMUX_FRAME));
		ASSERT(!lingers || h.type != YAMUX_GO_AWAY);
		ASSERT(!rd_is_bad(&r));
	}
	buf_deinit(&b);
	if (yamux_is_starved(f->y))
		yamux_retry(f->y);
	if (yamux_has_events(f->y))
		yamux_events(f->y);
}

static void open_one(struct fuzz *f)
{
	struct yamux_stream *s;

	if (!f->refuse && f->n_users < N_USERS && yamux_open(f->y, NULL, &s) == 0)
		add_user(f, s);
}

static void write_to(struct user *u, size_t n)
{
	static const uint8_t text[255 * 255 * 70];
	struct bytes b = BYTES(text, n * n * 70);
	int r = yamux_stream_write(u->s, &b, 1);

	ASSERT(yamux_stream_user(u->s) == u);
	ASSERT(r == 0 || r == -EAGAIN || r == -EPIPE || r == -EMSGSIZE);
}

static void of_session(struct fuzz *f, uint8_t n)
{
	f->now = mono_add_ms(f->now, n);
	if (n == 0)
		yamux_go_away(f->y, 0);
	else if (n % 2)
		yamux_ping(f->y, f->now);
	else
		f->refuse = n & 4;
}

static void of_stream(struct user *u, enum action a, uint8_t n)
{
	if (a == WRITE)
		write_to(u, n);
	else if (a == CLOSE)
		yamux_stream_close(u->s);
	else if (a == HOLD && n % 4 == 3)
		yamux_stream_set_low(u->s, true);
	else if (a == HOLD)
		yamux_stream_hold(u->s, u->held = !u->held);
	else if (a == RESET && n % 2)
		yamux_stream_forget(TAKE_PTR(u->s));
	else if (a == RESET)
		yamux_stream_reset(TAKE_PTR(u->s), n);
}

static void act(struct fuzz *f, enum action a, uint8_t n)
{
	struct user *u = f->n_users ? &f->users[n % f->n_users] : NULL;

	if (a == OUTPUT)
		output(f, (size_t)n * 300, n % 2 ? n : 64 * MIB);
	else if (a == OPEN)
		open_one(f);
	else if (a == SESSION)
		of_session(f, n);
	else if (u && u->s)
		of_stream(u, a, n);
}

static void feed(struct fuzz *f, struct bytes b)
{
	int r = yamux_input(f->y, b, f->now);

	ASSERT(r == 0 || (r >= YAMUX_E_VERSION && r <= YAMUX_E_FLOOD));
	f->over |= r != 0;
	ASSERT(!f->over || r != 0 || b.n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t zeroes[256 * KIB];
	struct rd r = rd_of(BYTES(data, size));
	struct fuzz *f = calloc(1, sizeof(*f));
	uint8_t kind = rd_u8(&r);

	if (!f || yamux_new(kind & 1, &ops, f, &f->y) < 0)
		abort();
	yamux_linger(f->y, kind & 2);
	budget_init(&f->budget, SCARCE);
	budget_account_init(&f->account, &f->budget);
	charge_init(&f->charge, &f->account);
	if (kind & 4)
		yamux_charge_to(f->y, &f->charge);
	while (r.left > 0 && !rd_is_bad(&r)) {
		uint8_t action = rd_u8(&r), n = rd_u8(&r);

		act(f, (enum action)(action & 7), n);
		feed(f,
		     action & ZEROES ? BYTES(zeroes, n * KIB) : rd_bytes(&r, size_min(n, r.left)));
		check(f);
	}
	/* What became writable was closed, so a second round can have a FIN to send, but no third.
	 */
	for (int i = 0; i < 2; i++)
		output(f, SIZE_MAX / 2, 64 * MIB);
	ASSERT(!yamux_has_output(f->y));
	check(f);
	yamux_close(f->y);
	for (size_t i = 0; i < f->n_users; i++)
		ASSERT(!f->users[i].s);
	yamux_free(f->y);
	ASSERT(f->budget.held == 0);
	charge_deinit(&f->charge);
	budget_account_deinit(&f->account);
	free(f);
	return 0;
}
