#include "net/multistream.h"

#include "base/limits.h"
#include "wire/multistream.h"

/* One step's answer besides the public ones: the line was dealt with, go on to the next. */
#define MSS_NEXT 0

static const struct bytes header = { (const uint8_t *)MULTISTREAM_ID, sizeof(MULTISTREAM_ID) - 1 };
static const struct bytes refusal = { (const uint8_t *)MULTISTREAM_NA, sizeof(MULTISTREAM_NA) - 1 };

static void mss_init(struct mss *m)
{
	*m = (struct mss){ 0 };
	buf_init(&m->line, LIMIT_MSS_LINE + 2);
}

void mss_init_dialer(struct mss *m, const char *const *protocols)
{
	mss_init(m);
	m->dialer = true;
	m->proposals = protocols;
}

void mss_init_listener(struct mss *m, bool (*serves)(void *user, struct bytes protocol), void *user)
{
	mss_init(m);
	m->serves = serves;
	m->user = user;
}

void mss_deinit(struct mss *m)
{
	buf_deinit(&m->line);
}

struct bytes mss_protocol(const struct mss *m)
{
	return m->protocol;
}

static int mss_propose(struct mss *m, struct buf *out)
{
	m->n_tries++;
	return multistream_encode(bytes_of_text(*m->proposals), out);
}

int mss_start(struct mss *m, struct buf *out)
{
	int r;

	ASSERT(m->dialer && m->n_tries == 0 && *m->proposals);
	r = multistream_encode(header, out);
	if (r < 0)
		return r;
	return mss_propose(m, out);
}

static int mss_on_answer(struct mss *m, struct bytes line, struct buf *out)
{
	struct bytes ours = bytes_of_text(*m->proposals);

	if (bytes_equal(line, ours)) {
		m->protocol = ours;
		return MSS_AGREED;
	}
	if (!bytes_equal(line, refusal))
		return MSS_BAD;
	if (!*++m->proposals || m->n_tries >= LIMIT_MSS_TRIES)
		return MSS_REFUSED;
	return mss_propose(m, out);
}

/* `ls`, simultaneous-connect and whatever else we do not serve are all answered alike. */
static int mss_on_proposal(struct mss *m, struct bytes line, struct buf *out)
{
	int r;

	if (++m->n_tries > LIMIT_MSS_TRIES)
		return MSS_UNSERVED;
	if (!m->serves(m->user, line)) {
		m->has_refused = true;
		return multistream_encode(refusal, out);
	}
	r = multistream_encode(line, out);
	if (r < 0)
		return r;
	m->protocol = line;
	return MSS_AGREED;
}

static int mss_on_line(struct mss *m, struct bytes line, struct buf *out)
{
	if (m->has_header)
		return m->dialer ? mss_on_answer(m, line, out) : mss_on_proposal(m, line, out);
	if (!bytes_equal(line, header))
		return MSS_BAD;
	m->has_header = true;
	/* A dialer's own header has left already. */
	return m->dialer ? MSS_NEXT : multistream_encode(header, out);
}

/*
 * The next line of `io`. A line that came in pieces is completed byte by byte, because what follows
 * it must stay where it is. 0, MULTISTREAM_E_*, -ENOMEM.
 */
static int mss_take_line(struct mss *m, struct bytes *io, struct bytes *ret)
{
	size_t n = 0;
	int r;

	if (buf_len(&m->line) == 0) {
		r = multistream_decode(*io, ret, &n);
		if (r == MULTISTREAM_E_MORE) {
			int e = buf_append(&m->line, io->p, io->n);

			*io = BYTES(io->p + io->n, 0);
			return e < 0 ? e : r;
		}
		*io = BYTES(io->p + n, io->n - n);
		return r;
	}
	do {
		r = buf_append(&m->line, io->p, 1);
		if (r < 0)
			return r;
		*io = BYTES(io->p + 1, io->n - 1);
		r = multistream_decode(buf_data(&m->line), ret, &n);
	} while (r == MULTISTREAM_E_MORE && io->n > 0);
	return r;
}

int mss_input(struct mss *m, struct bytes *io, struct buf *out)
{
	struct bytes line;
	int r = MSS_NEXT;

	while (r == MSS_NEXT && io->n > 0) {
		r = mss_take_line(m, io, &line);
		if (r == MULTISTREAM_E_MORE)
			return 0;
		if (r == MULTISTREAM_E_BAD)
			return m->has_refused ? MSS_UNSERVED : MSS_BAD;
		if (r < 0)
			return r;
		r = mss_on_line(m, line, out);
		/* The agreed line stays where mss_protocol() points. */
		if (r != MSS_AGREED)
			buf_clear(&m->line);
	}
	return r;
}
