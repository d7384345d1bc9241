#include "test.h"

#include "base/limits.h"
#include "net/multistream.h"
#include "wire/multistream.h"

#define HEADER "\x13/multistream/1.0.0\n"
#define NA "\x03na\n"
#define NOISE "\x07/noise\n"
#define TLS "\x0b/tls/1.0.0\n"
#define PING "\x11/ipfs/ping/1.0.0\n"
#define MESH12 "\x0f/meshsub/1.2.0\n"
#define MESH13 "\x0f/meshsub/1.3.0\n"
#define SIMOPEN "\x1d/libp2p/simultaneous-connect\n"
#define LS "\x03ls\n"

static bool serves_three(void *user __attribute__((unused)), struct bytes protocol)
{
	return bytes_equal(protocol, BYTES_LITERAL("/noise")) ||
	       bytes_equal(protocol, BYTES_LITERAL("/ipfs/ping/1.0.0")) ||
	       bytes_equal(protocol, BYTES_LITERAL("/meshsub/1.2.0"));
}

static const char *const gossip[] = { "/meshsub/1.3.0", "/meshsub/1.2.0", NULL };
static const char *const noise_only[] = { "/noise", NULL };

struct transcript {
	const char *name;
	const char *const *proposals; /* NULL: a listener */
	const char *in, *out;
	int result;
	const char *protocol, *rest;
};

static const struct transcript transcripts[] = {
	{ "the usual", NULL, HEADER NOISE, HEADER NOISE, MSS_AGREED, "/noise", "" },
	{ "the header alone waits", NULL, HEADER, HEADER, 0, NULL, NULL },
	{ "half a line waits", NULL, HEADER "\x07/no", HEADER, 0, NULL, NULL },
	{ "half a header hears nothing", NULL, "\x13/multi", "", 0, NULL, NULL },
	{ "go offers TLS first", NULL, HEADER TLS NOISE, HEADER NA NOISE, MSS_AGREED, "/noise",
	  "" },
	{ "go-libp2p-pubsub offers 1.3 first", NULL, HEADER MESH13 MESH12, HEADER NA MESH12,
	  MSS_AGREED, "/meshsub/1.2.0", "" },
	{ "a lazy dialer's data stays", NULL, HEADER PING "0123456789", HEADER PING, MSS_AGREED,
	  "/ipfs/ping/1.0.0", "0123456789" },
	{ "data that looks like a line stays", NULL, HEADER PING PING, HEADER PING, MSS_AGREED,
	  "/ipfs/ping/1.0.0", PING },
	{ "ls is not spoken", NULL, HEADER LS NOISE, HEADER NA NOISE, MSS_AGREED, "/noise", "" },
	{ "simultaneous connect is not spoken", NULL, HEADER SIMOPEN NOISE, HEADER NA NOISE,
	  MSS_AGREED, "/noise", "" },
	{ "an unserved lazy proposal and its data", NULL, HEADER TLS "\x04\xff\x01garbage",
	  HEADER NA, MSS_UNSERVED, NULL, NULL },
	{ "the same, with data that is an impossible length", NULL, HEADER TLS "\xff\xff\xff",
	  HEADER NA, MSS_UNSERVED, NULL, NULL },
	{ "garbage before any proposal", NULL, HEADER "\xff\xff\xff", HEADER, MSS_BAD, NULL, NULL },
	{ "no header", NULL, NOISE, "", MSS_BAD, NULL, NULL },
	{ "another version", NULL, "\x13/multistream/2.0.0\n", "", MSS_BAD, NULL, NULL },
	{ "HTTP", NULL, "GET / HTTP/1.1\r\n\r\n", "", 0, NULL, NULL },
	{ "an answer", gossip, HEADER MESH13, HEADER MESH13, MSS_AGREED, "/meshsub/1.3.0", "" },
	{ "na and the next", gossip, HEADER NA MESH12, HEADER MESH13 MESH12, MSS_AGREED,
	  "/meshsub/1.2.0", "" },
	{ "na to all", gossip, HEADER NA NA, HEADER MESH13 MESH12, MSS_REFUSED, NULL, NULL },
	{ "the listener's header alone", gossip, HEADER, HEADER MESH13, 0, NULL, NULL },
	{ "an answer to nothing proposed", gossip, HEADER PING, HEADER MESH13, MSS_BAD, NULL,
	  NULL },
	{ "the answer to the second as answer to the first", gossip, HEADER MESH12, HEADER MESH13,
	  MSS_BAD, NULL, NULL },
	{ "an answer without header", gossip, MESH13, HEADER MESH13, MSS_BAD, NULL, NULL },
	{ "what follows the echo stays", noise_only, HEADER NOISE "noise", HEADER NOISE, MSS_AGREED,
	  "/noise", "noise" },
	{ "one na to the only one", noise_only, HEADER NA, HEADER NOISE, MSS_REFUSED, NULL, NULL },
};

static void start(const struct transcript *t, struct mss *m, struct buf *out)
{
	buf_init(out, LIMIT_MSS_ANSWERS);
	if (!t->proposals) {
		mss_init_listener(m, serves_three, NULL);
		return;
	}
	mss_init_dialer(m, t->proposals);
	assert_int_equal(mss_start(m, out), 0);
}

/* Feeds `in` in pieces: [0, split), then single bytes when `by_byte`, else the rest. */
static void play(const struct transcript *t, size_t split, bool by_byte)
{
	struct bytes in = bytes_of_text(t->in);
	char protocol[64] = { 0 };
	struct buf out;
	struct mss m;
	int r = 0;

	start(t, &m, &out);
	for (size_t at = 0; at < in.n && r == 0;) {
		size_t n = at == 0 && split > 0 ? split : by_byte ? 1 : in.n - at;
		/* A copy of its own, so that whoever keeps a pointer is caught. */
		uint8_t *copy = malloc(n);
		struct bytes io = BYTES(copy, n);

		memcpy(copy, in.p + at, n);
		r = mss_input(&m, &io, &out);
		at += n;
		if (r == MSS_AGREED) {
			struct bytes p = mss_protocol(&m);

			memcpy(protocol, p.p, p.n);
			assert_int_equal(io.n + in.n - at, strlen(t->rest));
			if (io.n > 0)
				assert_memory_equal(io.p, t->rest, io.n);
		} else if (r == 0) {
			assert_int_equal(io.n, 0);
		}
		free(copy);
	}
	if (r != t->result)
		print_message("transcript: %s (split %zu)\n", t->name, split);
	assert_int_equal(r, t->result);
	assert_bytes(buf_data(&out), t->out);
	if (t->protocol)
		assert_string_equal(protocol, t->protocol);
	mss_deinit(&m);
	buf_deinit(&out);
}

TEST(every_transcript_reads_the_same_whole_and_in_any_two_pieces)
{
	for (size_t i = 0; i < ARRAY_SIZE(transcripts); i++) {
		size_t n = strlen(transcripts[i].in);

		for (size_t split = 0; split < n; split++)
			play(&transcripts[i], split, false);
	}
}

TEST(every_transcript_reads_the_same_byte_by_byte)
{
	for (size_t i = 0; i < ARRAY_SIZE(transcripts); i++)
		play(&transcripts[i], 0, true);
}

TEST(a_header_that_is_not_one_ends_at_its_line)
{
	struct bytes io = BYTES_LITERAL("\x05POST\n");
	struct buf out;
	struct mss m;

	buf_init(&out, LIMIT_MSS_ANSWERS);
	mss_init_listener(&m, serves_three, NULL);
	assert_int_equal(mss_input(&m, &io, &out), MSS_BAD);
	assert_int_equal(buf_len(&out), 0);
	mss_deinit(&m);
	buf_deinit(&out);
}

TEST(a_listener_hears_sixteen_proposals_and_no_more)
{
	struct bytes io = BYTES_LITERAL(HEADER);
	struct buf out;
	struct mss m;

	buf_init(&out, LIMIT_MSS_ANSWERS);
	mss_init_listener(&m, serves_three, NULL);
	assert_int_equal(mss_input(&m, &io, &out), 0);
	for (int i = 0; i < LIMIT_MSS_TRIES; i++) {
		io = BYTES_LITERAL(TLS);
		assert_int_equal(mss_input(&m, &io, &out), 0);
	}
	io = BYTES_LITERAL(NOISE);
	assert_int_equal(mss_input(&m, &io, &out), MSS_UNSERVED);
	assert_int_equal(buf_len(&out), sizeof(HEADER) - 1 + LIMIT_MSS_TRIES * (sizeof(NA) - 1));
	mss_deinit(&m);
	buf_deinit(&out);
}

TEST(a_line_of_the_greatest_length_is_heard_and_one_byte_more_is_not)
{
	static char name[LIMIT_MSS_LINE];
	struct buf in, out;

	memset(name, 'x', sizeof(name));
	for (int pieces = 0; pieces < 2; pieces++) {
		struct bytes io;
		struct mss m;

		buf_init(&in, 4096);
		buf_init(&out, LIMIT_MSS_ANSWERS);
		mss_init_listener(&m, serves_three, NULL);
		assert_int_equal(multistream_encode(bytes_of_text(MULTISTREAM_ID), &in), 0);
		assert_int_equal(multistream_encode(BYTES(name, LIMIT_MSS_LINE - 1), &in), 0);
		io = BYTES(buf_data(&in).p, buf_len(&in) - (size_t)pieces);
		assert_int_equal(mss_input(&m, &io, &out), 0);
		io = BYTES(buf_data(&in).p + buf_len(&in) - 1, (size_t)pieces);
		assert_int_equal(mss_input(&m, &io, &out), 0);
		assert_bytes(buf_data(&out), HEADER NA);
		io = BYTES_LITERAL("\x81\x08"); /* 1025 */
		assert_int_equal(mss_input(&m, &io, &out), MSS_UNSERVED);
		mss_deinit(&m);
		buf_deinit(&in);
		buf_deinit(&out);
	}
}

TEST(an_output_that_is_full_ends_the_negotiation)
{
	struct bytes io = BYTES_LITERAL(HEADER);
	struct buf out;
	struct mss m;

	buf_init(&out, 10);
	mss_init_listener(&m, serves_three, NULL);
	assert_int_equal(mss_input(&m, &io, &out), -ENOBUFS);
	mss_deinit(&m);
	buf_deinit(&out);

	buf_init(&out, 25);
	mss_init_listener(&m, serves_three, NULL);
	io = BYTES_LITERAL(HEADER NOISE);
	assert_int_equal(mss_input(&m, &io, &out), -ENOBUFS);
	mss_deinit(&m);
	buf_deinit(&out);

	buf_init(&out, 10);
	mss_init_dialer(&m, gossip);
	assert_int_equal(mss_start(&m, &out), -ENOBUFS);
	mss_deinit(&m);
	buf_deinit(&out);
}

TESTS(RUN(every_transcript_reads_the_same_whole_and_in_any_two_pieces),
      RUN(every_transcript_reads_the_same_byte_by_byte),
      RUN(a_header_that_is_not_one_ends_at_its_line),
      RUN(a_listener_hears_sixteen_proposals_and_no_more),
      RUN(a_line_of_the_greatest_length_is_heard_and_one_byte_more_is_not),
      RUN(an_output_that_is_full_ends_the_negotiation))
